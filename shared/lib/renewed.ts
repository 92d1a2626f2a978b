import type { Clock } from './clock.ts';
import { log } from './log.ts';

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
  const left = () => (kept?.expiresAt?.getTime() ?? 0) - clock.now().getTime();
  const makeOnce = () => {
    flight ??= make()
      .then((made) => (kept = made))
      .finally(() => (flight = undefined));
    return flight;
  };
  return async () => {
    if (kept && left() > ahead) return kept;
    try {
      return await makeOnce();
    } catch (error) {
      if (!kept || left() <= 0) throw error;
      log('warn', 'renewal.failed', { error });
      return kept;
    }
  };
}
