import { expect, test } from 'vitest';
import { CREDENTIALS, create, passwordOf } from '../credentials.ts';
import { activityOf, readCredentials } from '../outside.ts';
import { HOUR_SECONDS, RETENTION_DAYS } from '../program.ts';
import type { OpenStage } from '../stage.ts';
import { crashWorkersEverywhere } from '../worker-crash.ts';

export function describeRetention(open: OpenStage): void {
  test.for(['tick', 'sweep'] as const)('of the end of a retention that %s notices', (timer) =>
    crashWorkersEverywhere<string>(open, {
      timer,
      functionNames: [timer, 'work'],
      dueSeconds: (RETENTION_DAYS * 24 + 1) * HOUR_SECONDS,
      prepare: async (program, number) => {
        const service = await program.service();
        const id = await create(service, { name: `Past ${number}`, host: 'past.example.com', password: 'password' });
        expect(await passwordOf(service, id)).toBe('password');
        await service.delete(`${CREDENTIALS}/${id}`);
        expect(await program.settle()).toEqual([]);
        return id;
      },
      expectDone: async (stage, id) => {
        expect(await readCredentials(stage)).toEqual([]);
        expect(await stage.rows('project:')).toEqual([]);
        expect(await stage.rows('handouts:')).toEqual([]);
        expect(await activityOf(stage, id)).toEqual(['created', 'deleted', 'purged']);
      },
    }),
  );
}
