import { describe, expect, test } from 'vitest';
import type { Service } from '../service.ts';
import { create, patch, post } from './credentials.ts';
import { HOUR_SECONDS, settle, type CrashingOptions } from './crashing-service.ts';
import { activityOf, disagreements, readCredentials } from './outside.ts';
import { crashWorkersEverywhere } from './worker-crash.ts';

/** Milliseconds for some fifty processes, one after the other. */
const LIMIT = 400_000;

const host = 'worked-on.example.com';

describe('a process that is killed before or after each step', { timeout: LIMIT }, () => {
  test('of tidying up after a create and a change that were killed themselves', () =>
    crashWorkersEverywhere<string>({
      functionNames: ['work'],
      dueSeconds: HOUR_SECONDS,
      prepare: async (start) => {
        const id = await prepareLogin(start);
        await killed(start, 'create-credential', (service) => post(service, { name: 'Half', host, password: 'half' }));
        await killed(start, 'update-credential', (service) => patch(service, id, { username: 'user-of-new', password: 'new' }));
        return id;
      },
      expectDone: async (data, id) => {
        expect(readCredentials(data).map((credential) => [credential.id, credential.revision])).toEqual([[id, 1]]);
        expect(await disagreements(data)).toEqual([]);
        expect(activityOf(data, id)).toEqual(['created']);
      },
    }));
});

type Start = (options?: CrashingOptions) => Promise<Service>;

async function prepareLogin(start: Start): Promise<string> {
  await using service = await start();
  const id = await create(service, { name: 'Whole', host, password: 'whole' });
  expect(await settle(service, 0)).toEqual([]);
  await service.stop();
  return id;
}

/** Ends when the secret is written and the record is not. */
async function killed(start: Start, functionName: string, change: (service: Service) => Promise<unknown>): Promise<void> {
  await using service = await start({ plan: { functionName, moment: 'after', call: 'secrets.put' } });
  await expect(change(service)).rejects.toThrow('fetch failed');
  await service.ended;
}
