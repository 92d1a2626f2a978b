import { MINUTE } from '../lib/clock.ts';
import { AppError } from '../lib/errors.ts';
import type { App } from './app.ts';
import type { Caller } from './caller.ts';

/** Checks that one caller may ask for in a minute, in one instance. People need a few; a guesser of passwords needs many. */
const CHECKS_PER_MINUTE = 120;

/** Counts a check that a caller asked for. Throws CHECK_LIMIT. */
export function countCheck(app: App, { issuer, subject }: Caller): void {
  const now = app.clock.now().getTime();
  const minute = Math.floor(now / MINUTE);
  if (app.checks.minute !== minute) app.checks = { minute, counts: new Map() };
  const key = JSON.stringify([issuer, subject]);
  const count = app.checks.counts.get(key) ?? 0;
  if (count >= CHECKS_PER_MINUTE) {
    throw new AppError('CHECK_LIMIT', 'You have asked for too many checks.', {
      hint: `At most ${CHECKS_PER_MINUTE} a minute: each is a login at somebody's registry.`,
      retryAfterSeconds: Math.ceil(((minute + 1) * MINUTE - now) / 1000),
    });
  }
  app.checks.counts.set(key, count + 1);
}
