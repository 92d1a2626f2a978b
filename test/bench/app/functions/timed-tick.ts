import { randomUUID } from 'node:crypto';
import { app } from '@azure/functions';
import { schedule, tick } from '../../../../shared/domain/schedule.ts';
import { after, SECOND } from '../../../../shared/lib/clock.ts';
import { service } from '../service.ts';

const DUE = 100;

/** Lets things fall due, and answers how many milliseconds it takes to hand them to workers, of which there are none here. */
app.http('timed-tick', {
  methods: ['POST'],
  route: 'bench/tick',
  authLevel: 'anonymous',
  handler: async () => {
    const { app } = await service;
    const at = after(app.clock.now(), -SECOND);
    const due = { kind: 'check', project: 'default', id: 'bench', data: {} } as const;
    await Promise.all(Array.from({ length: DUE }, () => schedule(app, at, { ...due, operationId: randomUUID() })));
    const startedAt = performance.now();
    const taken = await tick(app);
    const milliseconds = performance.now() - startedAt;
    if (taken !== DUE) throw new Error(`${taken} were due, not ${DUE}`);
    return { jsonBody: { milliseconds } };
  },
});
