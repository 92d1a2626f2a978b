import { setTimeout } from 'node:timers/promises';
import { app } from '@azure/functions';

/** A collection may leave for the next one what a finalizer still held. */
const COLLECTIONS = 4;

/** Resident bytes of this process once everything that can be given back has been. Needs --expose-gc. */
app.http('memory', {
  methods: ['GET'],
  route: 'bench/memory',
  authLevel: 'anonymous',
  handler: async () => {
    if (!globalThis.gc) throw new Error('Start Node with --expose-gc');
    for (let round = 0; round < COLLECTIONS; round += 1) {
      await globalThis.gc({ execution: 'async', type: 'major' });
      await setTimeout(50);
    }
    return { jsonBody: { rss: process.memoryUsage.rss() } };
  },
});
