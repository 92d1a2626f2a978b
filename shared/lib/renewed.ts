import { SECOND, type Clock } from './clock.ts';
import { log } from './log.ts';

/** So long the old one serves before a failed renewal is tried again: else whoever asks would wait for the same failure. */
const PAUSE = 30 * SECOND;

/**
 * What ends, and is made anew when less than `ahead` milliseconds of it are left. However many ask, it is made once at a
 * time; a failure is not kept, and while the old one is still good it goes unnoticed. What has no end is not kept.
 */
export function renewed<T extends { expiresAt?: Date }>(
  make: () => Promise<T>,
  { clock, ahead }: { clock: Clock; ahead: number },
): () => Promise<T> {
  let kept: T | undefined;
  let flight: Promise<T> | undefined;
  let pausedUntil = 0;
  const now = () => clock.now().getTime();
  const left = () => (kept?.expiresAt?.getTime() ?? 0) - now();
  const makeOnce = () => {
    flight ??= make()
      .then((made) => (kept = made))
      .finally(() => (flight = undefined));
    return flight;
  };
  return async () => {
    if (kept && (left() > ahead || (left() > 0 && now() < pausedUntil))) return kept;
    try {
      return await makeOnce();
    } catch (error) {
      if (!kept || left() <= 0) throw error;
      pausedUntil = now() + PAUSE;
      log('warn', 'renewal.failed', { error });
      return kept;
    }
  };
}
