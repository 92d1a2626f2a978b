import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { serveAdmin } from './admin.ts';
import type { Log } from './core-module.ts';
import { applyCors, type Cors } from './cors.ts';
import { serveEventGrid } from './event-grid.ts';
import type { LoadedFunction } from './functions.ts';
import { BodyTooLarge, readBody, sendResponse, sendStatus, toHttpData, traceContext } from './http-data.ts';
import { describeError, type Invoker } from './invoke.ts';
import { findRoute, type Route } from './routes.ts';

export interface Served {
  port: number;
  routes: Route[];
  functions: LoadedFunction[];
  invoker: Invoker;
  /** Starts a function that is not called by HTTP. */
  start: (fn: LoadedFunction, input: string) => void;
  /** What `/admin`, `/runtime` and functions above `anonymous` ask for. */
  key: string;
  cors: Cors | undefined;
  log: Log;
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Answers the requests of the host's one address. What goes wrong in here is a 500 and a line in the log. */
export function createRequestHandler(served: Served): RequestHandler {
  return async (request, response) => {
    try {
      await serve(request, response, served);
    } catch (error) {
      if (error instanceof BodyTooLarge) {
        response.setHeader('connection', 'close');
        return sendStatus(response, 413);
      }
      // The client went away: there is nobody to answer.
      if (request.destroyed && !request.complete) return;
      served.log(`${request.method} failed: ${describeError(error)}`);
      if (response.headersSent) response.destroy();
      else sendStatus(response, 500);
    }
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, served: Served): Promise<void> {
  const url = ownUrl(request, served.port);
  if (!url) return refuse(response, `This host answers to localhost:${served.port} alone`);

  switch (url.pathname.split('/')[1]?.toLowerCase() ?? '') {
    case 'admin':
      if (!hasKey(request, url, served.key)) return sendStatus(response, 401);
      return await serveAdmin(request, response, { ...served, url });
    case 'runtime':
      if (!hasKey(request, url, served.key)) return sendStatus(response, 401);
      if (!/^\/runtime\/webhooks\/eventgrid$/i.test(url.pathname)) return sendStatus(response, 404);
      return await serveEventGrid(request, response, { ...served, url });
    default:
      return await serveFunction(request, response, { ...served, url });
  }
}

async function serveFunction(request: IncomingMessage, response: ServerResponse, served: Served & { url: URL }): Promise<void> {
  const { url, routes, invoker, key, cors } = served;
  if (applyCors(cors, request, response)) return;
  const found = findRoute(routes, request.method ?? '', url.pathname);
  if (!found) return sendStatus(response, 404);
  const isOpen = found.fn.trigger.settings['authLevel'] === 'anonymous';
  if (!isOpen && !hasKey(request, url, key)) return sendStatus(response, 401);

  const body = await readBody(request);
  const outcome = await invoker.invoke(found.fn, {
    data: { http: toHttpData(request, url, found.params, body) },
    ...traceContext(request),
  });
  if (response.destroyed) return;
  if (outcome.ok) sendResponse(response, outcome.response);
  else sendStatus(response, 500);
}

/**
 * The request's URL, or undefined if it was meant for another host. A page anywhere can make a name of its own point to
 * 127.0.0.1 (DNS rebinding), and its scripts would then pass for our own; their Host header gives them away.
 */
function ownUrl(request: IncomingMessage, port: number): URL | undefined {
  const host = request.headers.host?.toLowerCase() ?? '';
  const isOwn = ['localhost', '127.0.0.1', '[::1]'].some((name) => host === `${name}:${port}` || (port === 80 && host === name));
  if (!isOwn || !request.url?.startsWith('/')) return undefined;
  return URL.parse(`http://${host}${request.url}`) ?? undefined;
}

function hasKey(request: IncomingMessage, url: URL, key: string): boolean {
  const given = request.headers['x-functions-key'] ?? url.searchParams.get('code');
  // Digests have one length, which `timingSafeEqual` wants, whatever was given.
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(key));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function refuse(response: ServerResponse, detail: string): void {
  response.statusCode = 400;
  response.setHeader('content-type', 'application/problem+json');
  response.end(JSON.stringify({ type: 'about:blank', title: 'Bad Request', status: 400, detail }));
}
