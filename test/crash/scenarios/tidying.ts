import { expect, test } from 'vitest';
import type { Service } from '../../service.ts';
import { create, patch, post } from '../credentials.ts';
import { activityOf, readCredentials } from '../outside.ts';
import { HOUR_SECONDS, type Program } from '../program.ts';
import type { OpenStage } from '../stage.ts';
import { crashWorkersEverywhere } from '../worker-crash.ts';

const host = 'worked-on.example.com';

export function describeTidying(open: OpenStage): void {
  test('of tidying up after a create that was killed itself', () =>
    crashWorkersEverywhere<number>(open, {
      timer: 'tick',
      functionNames: ['work'],
      dueSeconds: HOUR_SECONDS,
      prepare: async (program, number) => {
        const fields = { name: `Half ${number}`, host, password: 'half' };
        await killed(program, 'create-credential', (service) => post(service, fields));
        return number;
      },
      expectDone: async (stage) => {
        expect(await readCredentials(stage)).toEqual([]);
        expect(await stage.rows('activity:')).toEqual([]);
      },
    }));

  test('of tidying up after a change that was killed itself', () =>
    crashWorkersEverywhere<string>(open, {
      timer: 'tick',
      functionNames: ['work'],
      dueSeconds: HOUR_SECONDS,
      prepare: async (program, number) => {
        const id = await create(await program.service(), { name: `Whole ${number}`, host, password: 'whole' });
        expect(await program.settle()).toEqual([]);
        const login = { username: 'user-of-new', password: 'new' };
        await killed(program, 'update-credential', (service) => patch(service, id, login));
        return id;
      },
      expectDone: async (stage, id) => {
        const found = (await readCredentials(stage)).find((credential) => credential.id === id);
        expect(found?.revision).toBe(1);
        expect(await activityOf(stage, id)).toEqual(['created']);
      },
    }));
}

/** Ends when the secret is written and the record is not. */
async function killed(program: Program, functionName: string, change: (service: Service) => Promise<unknown>): Promise<void> {
  const service = await program.service();
  program.set({ offsetSeconds: 0, plan: { functionName, moment: 'after', call: program.stage.writesSecret } });
  await expect(change(service)).rejects.toThrow('fetch failed');
  await program.died();
  program.set({ offsetSeconds: 0 });
}
