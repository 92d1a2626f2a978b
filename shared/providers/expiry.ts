import { DAY } from '../lib/clock.ts';
import type { Clock } from '../lib/clock.ts';
import type { Warning } from '../oci/stages.ts';

/** How long before its end a login should be looked at, in milliseconds. */
const SOON = 30 * DAY;

export const NEVER_EXPIRES: Warning = {
  code: 'NEVER_EXPIRES',
  detail: 'It never expires: whoever gets hold of it can use it until it is revoked.',
  hint: 'Issue one with an end, and replace this one by it.',
};

/** What to know of the end of a login that lives long. `expiresAt` absent: the provider says that it never ends. */
export function expiryWarnings(expiresAt: Date | undefined, clock: Clock): Warning[] {
  if (!expiresAt) return [NEVER_EXPIRES];
  const left = expiresAt.getTime() - clock.now().getTime();
  if (left > SOON) return [];
  return [
    {
      code: 'EXPIRES_SOON',
      detail: `It expires at ${expiresAt.toISOString()}.`,
      hint: 'Issue a new one and give it here before that.',
    },
  ];
}
