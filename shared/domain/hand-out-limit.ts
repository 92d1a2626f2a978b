import { HOUR } from '../lib/clock.ts';
import { AppError } from '../lib/errors.ts';
import type { App } from './app.ts';
import type { Rule } from './policy.ts';

/**
 * Counts a hand-out against the first of the granting rules that has room; a rule without `handOutsPerHour` always has.
 * Counted per rule, clock hour and instance. Throws HAND_OUT_LIMIT.
 */
export function countHandOut(app: App, rules: Rule[]): void {
  if (rules.some(({ handOutsPerHour }) => handOutsPerHour === undefined)) return;
  const now = app.clock.now().getTime();
  const hour = Math.floor(now / HOUR);
  if (app.handOuts.hour !== hour) app.handOuts = { hour, counts: new Map() };
  for (const rule of rules) {
    const count = app.handOuts.counts.get(rule) ?? 0;
    if (count >= (rule.handOutsPerHour ?? Infinity)) continue;
    app.handOuts.counts.set(rule, count + 1);
    return;
  }
  throw new AppError('HAND_OUT_LIMIT', 'The rule that grants this has reached its hand-outs per hour.', {
    hint: 'Keep what was handed out until its refreshAfter, or ask the operator for a higher handOutsPerHour.',
    retryAfterSeconds: Math.ceil(((hour + 1) * HOUR - now) / 1000),
  });
}
