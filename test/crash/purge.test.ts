import { describe, expect, test } from 'vitest';
import { CREDENTIALS, create, passwordOf } from './credentials.ts';
import { HOUR_SECONDS, RETENTION_DAYS, settle } from './crashing-service.ts';
import { activityOf, disagreements, readCredentials, readRows } from './outside.ts';
import { crashWorkersEverywhere } from './worker-crash.ts';

/** Milliseconds for some fifty processes, one after the other. */
const LIMIT = 400_000;

const host = 'worked-on.example.com';

describe('a process that is killed before or after each step', { timeout: LIMIT }, () => {
  test('of the end of a retention', () =>
    crashWorkersEverywhere<string>({
      functionNames: ['tick', 'work'],
      dueSeconds: (RETENTION_DAYS * 24 + 1) * HOUR_SECONDS,
      prepare: async (start) => {
        await using service = await start();
        const id = await create(service, { name: 'Past', host, password: 'password' });
        expect(await passwordOf(service, id)).toBe('password');
        await service.delete(`${CREDENTIALS}/${id}`);
        expect(await settle(service, 0)).toEqual([]);
        await service.stop();
        return id;
      },
      expectDone: async (data, id) => {
        expect(readCredentials(data)).toEqual([]);
        expect(readRows(data, 'project:')).toEqual([]);
        expect(readRows(data, 'handouts:')).toEqual([]);
        expect(await disagreements(data)).toEqual([]);
        expect(activityOf(data, id)).toEqual(['created', 'deleted', 'purged']);
      },
    }));
});
