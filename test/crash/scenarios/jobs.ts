import { expect, test } from 'vitest';
import type { ImportEntry } from '../../../shared/domain/import-entry.ts';
import type { Job } from '../../../shared/domain/job.ts';
import type { Reply } from '../../service.ts';
import { create, CREDENTIALS, isNameFree, passwordOf } from '../credentials.ts';
import { activityOf, readCredentials } from '../outside.ts';
import { HOUR_SECONDS, type Program } from '../program.ts';
import { crashEverywhere } from '../request-crash.ts';
import type { OpenStage, StoreView } from '../stage.ts';
import { crashWorkersEverywhere } from '../worker-crash.ts';

const host = 'imported.example.com';

function entry(name: string, password: string) {
  return { name, url: host, username: `user-of-${password}`, password };
}

/** No registry is asked: what a crash leaves behind does not depend on it. */
async function importOf(program: Program, ...credentials: object[]): Promise<Reply> {
  const service = await program.service();
  return service.post('/api/projects/default/imports?check=skip', { schemaVersion: 1, credentials });
}

/** The jobs that have not come to an end, and the lines that say nothing yet. */
async function unfinished(stores: StoreView): Promise<string[]> {
  const jobs = (await stores.rows('project:', 'job:')).map(({ fields }) => fields as Job);
  return [
    ...jobs.filter(({ endedAt }) => !endedAt).map(({ id }) => `job ${id}`),
    ...(await lines(stores)).filter(({ status }) => status === 'pending').map(({ name }) => `line ${name}`),
  ];
}

async function lines(stores: StoreView): Promise<ImportEntry[]> {
  return (await stores.rows('project:', 'job-part:')).map(({ fields }) => fields as ImportEntry);
}

export function describeJobs(open: OpenStage): void {
  test('of the request for an import: it is accepted, or nothing of it is left', () =>
    crashEverywhere<number>(open, {
      functionName: 'import-credentials',
      prepare: async (_program, number) => number,
      change: (program, number) => importOf(program, entry(`Imported ${number}`, `password-${number}`)),
      isDone: async (program, number) => {
        const service = await program.service();
        const name = `Imported ${number}`;
        const { value } = (await service.get(`${CREDENTIALS}?host=${host}`)).json as { value: { id: string; name: string }[] };
        const [made, ...others] = value.filter((one) => one.name === name);

        expect(others).toEqual([]);
        expect(await unfinished(program.stage)).toEqual([]);
        expect(await isNameFree(service, name)).toBe(made === undefined);
        if (!made) return false;
        expect(await passwordOf(service, made.id)).toBe(`password-${number}`);
        expect(await activityOf(program.stage, made.id)).toEqual(['created']);
        return true;
      },
    }));

  test('of a drift check: it is done, as if nothing had happened', () =>
    crashWorkersEverywhere<{ id: string; number: number }>(open, {
      timer: 'tick',
      functionNames: ['work'],
      dueSeconds: HOUR_SECONDS / 3,
      // Within the hour that it has.
      laterSeconds: HOUR_SECONDS / 3,
      prepare: async (program, number) => {
        // There is one in each hour.
        program.forward(number * 1.1 * HOUR_SECONDS);
        const service = await program.service();
        const id = await create(service, { name: `Looked at ${number}`, host, password: 'one' });
        expect(await program.settle()).toEqual([]);
        const plan = { functionName: 'start-drift-check', moment: 'after', call: program.stage.sendsMessage } as const;
        program.forward(0, plan);
        await expect(service.post('/api/projects/default/drift-checks')).rejects.toThrow('fetch failed');
        await program.died();
        program.forward(0);
        return { id, number };
      },
      expectDone: async (stage, { id, number }) => {
        const all = number + 1;
        const credentials = await readCredentials(stage);
        expect(credentials).toHaveLength(all);
        expect(credentials.find((one) => one.id === id)?.revision).toBe(1);
        expect(await unfinished(stage)).toEqual([]);
        const last = (await stage.rows('project:', 'job:')).at(-1);
        expect(last?.fields).toMatchObject({ kind: 'drift-check', data: { records: all, versions: all, findings: [] } });
      },
    }));

  test('of an import: every entry ends once, and nothing is left in the store', () =>
    crashWorkersEverywhere<{ id: string; number: number }>(open, {
      timer: 'tick',
      functionNames: ['work'],
      dueSeconds: HOUR_SECONDS,
      prepare: async (program, number) => {
        const id = await create(await program.service(), { name: `Taken ${number}`, host, password: 'taken' });
        expect(await program.settle()).toEqual([]);
        program.set({
          offsetSeconds: 0,
          plan: { functionName: 'import-credentials', moment: 'after', call: program.stage.sendsMessage },
        });
        const entries = [entry('One', 'one'), entry('Taken', 'another'), entry('Two', 'two')];
        const reply = importOf(program, ...entries.map((one) => ({ ...one, name: `${one.name} ${number}` })));
        await expect(reply).rejects.toThrow('fetch failed');
        await program.died();
        program.set({ offsetSeconds: 0 });
        return { id, number };
      },
      expectDone: async (stage, { id, number }) => {
        const isOurs = ({ name }: { name?: string }) => name?.endsWith(` ${number}`) ?? false;
        const made = (await readCredentials(stage)).filter(isOurs);
        expect(made.map(({ name }) => name).toSorted()).toEqual([`One ${number}`, `Taken ${number}`, `Two ${number}`]);
        expect(await unfinished(stage)).toEqual([]);
        const idOf = new Map(made.map((credential) => [credential.name, credential.id]));
        expect((await lines(stage)).filter(isOurs)).toMatchObject([
          { index: 0, status: 'created', id: idOf.get(`One ${number}`) },
          { index: 1, status: 'failed', failure: { code: 'NAME_TAKEN' } },
          { index: 2, status: 'created', id: idOf.get(`Two ${number}`) },
        ]);
        expect(idOf.get(`Taken ${number}`)).toBe(id);
        for (const one of made) expect(await activityOf(stage, one.id)).toEqual(['created']);
      },
    }));
}
