import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendStatus } from './http-data.ts';

/** Who may call from a browser, as `Host` in local.settings.json says; without it no answer has CORS headers. */
export interface Cors {
  /** `*` for all. */
  origins: string[];
  credentials: boolean;
}

/** Sets the CORS headers and answers a preflight request. True: the request has its answer. */
export function applyCors(cors: Cors | undefined, request: IncomingMessage, response: ServerResponse): boolean {
  const { origin } = request.headers;
  if (!cors || origin === undefined) return false;
  const wantedMethod = request.method === 'OPTIONS' ? request.headers['access-control-request-method'] : undefined;
  const isAllowed = cors.origins.includes('*') || cors.origins.some((allowed) => allowed.toLowerCase() === origin.toLowerCase());
  if (!cors.origins.includes('*')) response.setHeader('vary', 'origin');
  if (isAllowed) {
    response.setHeader('access-control-allow-origin', cors.origins.includes('*') ? '*' : origin);
    if (cors.credentials) response.setHeader('access-control-allow-credentials', 'true');
    if (wantedMethod) response.setHeader('access-control-allow-methods', wantedMethod);
    const wantedHeaders = request.headers['access-control-request-headers'];
    if (wantedMethod && wantedHeaders) response.setHeader('access-control-allow-headers', wantedHeaders);
  }
  if (wantedMethod) sendStatus(response, 204);
  return wantedMethod !== undefined;
}
