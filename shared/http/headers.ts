import type { HttpRequest } from '@azure/functions';
import { invalidInput } from '../lib/errors.ts';

export function ifMatch(request: HttpRequest): string | undefined {
  return request.headers.get('if-match') ?? undefined;
}

/** Throws INVALID_INPUT for a key that is not 1 to 255 visible ASCII characters. */
export function idempotencyKey(request: HttpRequest): string | undefined {
  const key = request.headers.get('idempotency-key');
  if (key === null) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw invalidInput(
      '',
      'IDEMPOTENCY_KEY',
      'The header Idempotency-Key must be 1 to 255 visible ASCII characters.',
      'Use a fresh UUID for each new request.',
    );
  return key;
}

/** The same request for the next page. A path and no host: whatever stands in front of regcred knows its own name. */
export function nextLink(request: HttpRequest, pageToken: string | undefined): { nextLink?: string } {
  if (pageToken === undefined) return {};
  const { pathname, searchParams } = new URL(request.url);
  searchParams.set('pageToken', pageToken);
  return { nextLink: `${pathname}?${searchParams.toString()}` };
}
