import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again until there is an answer. The limit is only for what never comes: no good run is near it. */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + 25_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error('It did not happen within 25 seconds');
    await sleep(50);
  }
}
