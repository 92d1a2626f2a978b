import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpCookie, HttpData, InvocationResponse } from './core-api.ts';
import type { Input } from './invoke.ts';
import type { RouteParams } from './route-template.ts';

/** What the platform takes: https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger#limits */
const BODY_LIMIT = 100 * 1024 * 1024;

/** The body is larger than the platform takes. */
export class BodyTooLarge extends Error {}

/** Throws BodyTooLarge; or Node's error if the client goes away. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT) throw new BodyTooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** A request as the platform hands it to a worker: names in lower case, and what came several times joined by commas. */
export function toHttpData(request: IncomingMessage, url: URL, params: RouteParams, body: Buffer): HttpData {
  return {
    method: request.method ?? 'GET',
    url: url.href,
    nullableHeaders: nullable(Object.entries(request.headersDistinct).map(([name, values]) => [name, values?.join(', ') ?? ''])),
    nullableParams: nullable(Object.entries(params)),
    nullableQuery: nullable([...new Set(url.searchParams.keys())].map((name) => [name, url.searchParams.getAll(name).join(',')])),
    ...(body.length > 0 && { body: { bytes: body } }),
  };
}

/** The caller's W3C trace, if it has one. */
export function traceContext({ headers }: IncomingMessage): Pick<Input, 'traceContext'> {
  const { traceparent, tracestate } = headers;
  if (typeof traceparent !== 'string') return {};
  return { traceContext: { traceParent: traceparent, ...(typeof tracestate === 'string' && { traceState: tracestate }) } };
}

/** An answer without a body, as the platform gives it where no function does. */
export function sendStatus(response: ServerResponse, status: number): void {
  response.statusCode = status;
  response.end();
}

/** Sends what a function answered. One that answers nothing gives 204. */
export function sendResponse(response: ServerResponse, { returnValue }: InvocationResponse): void {
  const http = returnValue?.http;
  if (!http) return sendStatus(response, 204);
  for (const [name, value] of Object.entries(http.headers ?? {})) response.setHeader(name, value);
  if (http.cookies?.length) response.setHeader('set-cookie', http.cookies.map(formatCookie));
  response.statusCode = Number(http.statusCode ?? 200);
  const body = Buffer.from(http.body?.bytes ?? http.body?.string ?? '');
  // Node would leave it out of the answer to HEAD.
  if (body.length > 0) response.setHeader('content-length', body.length);
  response.end(body);
}

function nullable(entries: [string, string][]): Record<string, { value: string }> {
  return Object.fromEntries(entries.map(([name, value]) => [name, { value }]));
}

/** https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1 */
function formatCookie(cookie: HttpCookie): string {
  const expires = cookie.expires?.value?.seconds;
  const maxAge = cookie.maxAge?.value;
  // To the library `none` is what was not given, and `explicitNone` is None.
  const sameSite = { lax: 'lax', strict: 'strict', explicitNone: 'none', none: undefined }[cookie.sameSite ?? 'none'];
  return [
    `${cookie.name ?? ''}=${encodeURIComponent(cookie.value ?? '')}`,
    expires && `expires=${new Date(expires * 1000).toUTCString()}`,
    maxAge !== undefined && maxAge !== null && `max-age=${maxAge}`,
    cookie.domain?.value && `domain=${cookie.domain.value}`,
    cookie.path?.value && `path=${cookie.path.value}`,
    cookie.secure?.value && 'secure',
    sameSite && `samesite=${sameSite}`,
    cookie.httpOnly?.value && 'httponly',
  ]
    .filter(Boolean)
    .join('; ');
}
