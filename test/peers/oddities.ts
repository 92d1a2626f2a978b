import type { ServerResponse } from 'node:http';
import type { Oddity } from './registry.ts';

/** Answers of registries, and of what stands in front of them, that are not those of a healthy registry. */
export const oddities = {
  status: (status: number, headers: Record<string, string> = {}, body = ''): Oddity =>
    always((response) => response.writeHead(status, headers).end(body)),
  throttle: (retryAfter: string): Oddity => oddities.status(429, { 'retry-after': retryAfter }),
  redirect: (location: string): Oddity => oddities.status(307, { location }),
  challenge: (header: string): Oddity => oddities.status(401, { 'www-authenticate': header }),
  html: (): Oddity => oddities.status(200, { 'content-type': 'text/html' }, '<!doctype html><title>Welcome</title>'),
  hugeBody: (bytes: number): Oddity => oddities.status(200, {}, 'x'.repeat(bytes)),
  hugeHeaders: (bytes: number): Oddity => oddities.status(200, { 'x-padding': 'x'.repeat(bytes) }),
  /** Takes the request and never answers. */
  silence: (): Oddity => always(() => {}),
  /** Answers byte by byte, without end. */
  drip: (): Oddity =>
    always((response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    }),
  hangUp: (): Oddity => always((response) => response.destroy()),
  /** Lets everybody in at `/v2/`. */
  openPing: (): Oddity => at('/v2/', oddities.status(200, {}, '{}')),
};

/** Limits an oddity to one path. */
export function at(path: string, odd: Oddity): Oddity {
  return (request, response) => request.url?.split('?')[0] === path && odd(request, response);
}

function always(respond: (response: ServerResponse) => unknown): Oddity {
  return (_request, response) => {
    respond(response);
    return true;
  };
}
