import type { Clock } from '../lib/clock.ts';
import type { GuardedSession } from '../net/guarded.ts';

/** What every request of the protocol goes through. */
export interface Wire {
  /** Opened for the registry. */
  session: GuardedSession;
  clock: Clock;
  signal: AbortSignal;
}
