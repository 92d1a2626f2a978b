import type { SeenRequest } from '../../peers/http-peer.ts';

/** A request that no check of a method can do without, such as `GET ghcr.io/v2/ Bearer`, and why. */
export type NeededRequest = [request: string, why: string];

/** What the requests of the registry protocol are for. */
export const WHY = {
  greeting: 'as anybody, which kind of login it wants',
  anybody: 'whether anybody gets a token: then getting one proves nothing',
  scopeless: 'a token without a scope, which nobody else gets',
  token: 'a token for the login',
  entry: 'whether the registry takes it',
};

/** What a check sent, against the least; the bench reads it from the test that counted it. */
interface RequestCount {
  method: string;
  sent: number;
  least: number;
}

declare module 'vitest' {
  interface TaskMeta {
    requests?: RequestCount;
  }
}

/** Method, address without its query, and the scheme of the login if there is one. */
export function requestLine({ method, host, path, authorization }: SeenRequest): string {
  const [pathname = ''] = path.split('?');
  return [method, `${host}${pathname}`, authorization].filter(Boolean).join(' ');
}
