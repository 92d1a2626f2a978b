import type { Clock } from '../../lib/clock.ts';
import type { Warning } from '../../oci/stages.ts';
import { expiryWarnings } from '../expiry.ts';

/** `2026-12-31 23:59:59 UTC`, or the same instant as `2026-12-31 18:59:59 -0500`. */
const MOMENT = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) (?:UTC|([+-]\d{2})(\d{2}))$/;

/**
 * When a token ends, as each answer of GitHub's API says in a header. Without the header it never ends; one that cannot be
 * read says nothing.
 *
 * https://github.blog/changelog/2021-07-26-expiration-options-for-personal-access-tokens/
 */
export function readTokenEnd(headers: Headers, clock: Clock): { expiresAt?: Date; warnings: Warning[] } {
  const text = headers.get('github-authentication-token-expiration');
  if (text === null) return { warnings: expiryWarnings(undefined, clock) };
  const [, day, time, hours, minutes] = MOMENT.exec(text.trim()) ?? [];
  const expiresAt = new Date(`${day}T${time}${hours ? `${hours}:${minutes}` : 'Z'}`);
  if (Number.isNaN(expiresAt.getTime())) return { warnings: [] };
  return { expiresAt, warnings: expiryWarnings(expiresAt, clock) };
}
