import { describe, expect, test } from 'vitest';
import type { Job } from '../../shared/domain/job.ts';
import type { ImportEntry } from '../../shared/domain/import-entry.ts';
import type { Service } from '../service.ts';
import { create, CREDENTIALS, isNameFree, passwordOf } from './credentials.ts';
import { HOUR_SECONDS, settle } from './crashing-service.ts';
import { activityOf, disagreements, readCredentials, readRows } from './outside.ts';
import { crashEverywhere } from './request-crash.ts';
import { crashWorkersEverywhere } from './worker-crash.ts';

/** Milliseconds for some hundred and fifty processes, one after the other. */
const LIMIT = 600_000;

const host = 'imported.example.com';

function entry(name: string, password: string) {
  return { name, url: host, username: `user-of-${password}`, password };
}

/** No registry is asked: what a crash leaves behind does not depend on it. */
function importOf(service: Service, ...credentials: object[]) {
  return service.post('/api/projects/default/imports?check=skip', { schemaVersion: 1, credentials });
}

/** The jobs that have not come to an end, and the lines that say nothing yet. */
function unfinished(data: string): string[] {
  const jobs = readRows(data, 'project:', 'job:').map(({ fields }) => fields as Job);
  const lines = readRows(data, 'project:', 'job-part:').map(({ fields }) => fields as ImportEntry);
  return [
    ...jobs.filter(({ endedAt }) => !endedAt).map(({ id }) => `job ${id}`),
    ...lines.filter(({ status }) => status === 'pending').map(({ name }) => `line ${name}`),
  ];
}

describe('a process that is killed before or after each step', { timeout: LIMIT }, () => {
  test('of the request for an import: it is accepted, or nothing of it is left', () =>
    crashEverywhere<number>({
      functionName: 'import-credentials',
      prepare: async (_service, number) => number,
      change: (service, number) => importOf(service, entry(`Imported ${number}`, `password-${number}`)),
      isDone: async (service, number) => {
        const name = `Imported ${number}`;
        const { value } = (await service.get(`${CREDENTIALS}?host=${host}`)).json as { value: { id: string; name: string }[] };
        const [made, ...others] = value.filter((one) => one.name === name);

        expect(others).toEqual([]);
        expect(unfinished(service.data)).toEqual([]);
        expect(await isNameFree(service, name)).toBe(made === undefined);
        if (!made) return false;
        expect(await passwordOf(service, made.id)).toBe(`password-${number}`);
        expect(activityOf(service.data, made.id)).toEqual(['created']);
        return true;
      },
    }));

  test('of a drift check: it is done, as if nothing had happened', () =>
    crashWorkersEverywhere<string>({
      functionNames: ['work'],
      dueSeconds: HOUR_SECONDS / 3,
      // Within the hour that it has.
      laterSeconds: HOUR_SECONDS / 3,
      prepare: async (start) => {
        await using service = await start({
          plan: { functionName: 'start-drift-check', moment: 'after', call: 'queue.send' },
        });
        const id = await create(service, { name: 'One', host, password: 'one' });
        await expect(service.post('/api/projects/default/drift-checks')).rejects.toThrow('fetch failed');
        await service.ended;
        return id;
      },
      expectDone: async (data, id) => {
        expect(readCredentials(data)).toMatchObject([{ id, revision: 1 }]);
        expect(unfinished(data)).toEqual([]);
        expect(await disagreements(data)).toEqual([]);
        const [job] = readRows(data, 'project:', 'job:');
        expect(job?.fields).toMatchObject({ kind: 'drift-check', data: { records: 1, versions: 1, findings: [] } });
      },
    }));

  test('of an import: every entry ends once, and nothing is left in the store', () =>
    crashWorkersEverywhere<string>({
      functionNames: ['work'],
      dueSeconds: HOUR_SECONDS,
      prepare: async (start) => {
        await using before = await start();
        const id = await create(before, { name: 'Taken', host, password: 'taken' });
        expect(await settle(before, 0)).toEqual([]);
        await before.stop();
        await using service = await start({
          plan: { functionName: 'import-credentials', moment: 'after', call: 'queue.send' },
        });
        const reply = importOf(service, entry('One', 'one'), entry('Taken', 'another'), entry('Two', 'two'));
        await expect(reply).rejects.toThrow('fetch failed');
        await service.ended;
        return id;
      },
      expectDone: async (data, id) => {
        const made = readCredentials(data);
        expect(made.map(({ name }) => name).toSorted()).toEqual(['One', 'Taken', 'Two']);
        expect(unfinished(data)).toEqual([]);
        expect(await disagreements(data)).toEqual([]);
        const idOf = new Map(made.map((credential) => [credential.name, credential.id]));
        expect(readRows(data, 'project:', 'job-part:').map(({ fields }) => fields)).toMatchObject([
          { index: 0, status: 'created', id: idOf.get('One') },
          { index: 1, status: 'failed', failure: { code: 'NAME_TAKEN' } },
          { index: 2, status: 'created', id: idOf.get('Two') },
        ]);
        expect(idOf.get('Taken')).toBe(id);
        for (const one of made) expect(activityOf(data, one.id)).toEqual(['created']);
      },
    }));
});
