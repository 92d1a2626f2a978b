import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { LoadedFunction } from './functions.ts';
import { readBody, sendStatus } from './http-data.ts';

const RunRequest = z.object({ input: z.string().default('') });

/**
 * `GET /admin/functions` and `POST /admin/functions/{name}` with `{ "input": "..." }`, which starts a function that has no
 * address of its own. 202 says that it was started, not how it ended.
 *
 * https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http
 */
export async function serveAdmin(
  request: IncomingMessage,
  response: ServerResponse,
  { url, functions, start }: { url: URL; functions: LoadedFunction[]; start: (fn: LoadedFunction, input: string) => void },
): Promise<void> {
  const [, , collection, name, ...more] = url.pathname.split('/');
  if (collection?.toLowerCase() !== 'functions' || more.length > 0) return sendStatus(response, 404);
  if (!name) return request.method === 'GET' ? list(response, functions) : sendStatus(response, 404);

  const fn = functions.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (!fn || request.method !== 'POST') return sendStatus(response, 404);
  const parsed = RunRequest.safeParse(parseJson(await readBody(request)));
  if (!parsed.success || fn.trigger.type === 'httpTrigger') return sendStatus(response, 400);
  start(fn, parsed.data.input);
  sendStatus(response, 202);
}

function list(response: ServerResponse, functions: LoadedFunction[]): void {
  const body = functions.map(({ name, metadata }) => ({
    name,
    config: { bindings: Object.entries(metadata.bindings).map(([name, binding]) => ({ ...binding, name })) },
  }));
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}

/** Undefined, which no schema takes, for what is no JSON. */
function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8') || '{}');
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
