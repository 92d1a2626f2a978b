import { invalidInput } from '../lib/errors.ts';

/** Where the next page of a list begins: opaque to the caller, but not a secret and not trusted. */
export function writePageToken(position: Record<string, string | number>): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** Throws INVALID_INPUT for text that `writePageToken` did not make. The list checks the members that it needs. */
export function readPageToken(text: string): Record<string, unknown> {
  try {
    const position: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof position === 'object' && position !== null && !Array.isArray(position)) return position as Record<string, unknown>;
  } catch {
    // Falls through to the one answer for everything that is not a token.
  }
  throw badPageToken();
}

export function badPageToken() {
  return invalidInput(
    '?pageToken',
    'PAGE_TOKEN',
    'This page token is not one of this list.',
    'Follow nextLink as it is, or start without a token.',
  );
}
