import { setTimeout as delay } from 'node:timers/promises';

/** Waits. True: the time is over; false: `signal` ended it. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(milliseconds, undefined, { signal });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
