import { expect, test } from 'vitest';
import type { Reply } from '../../service.ts';
import { CREDENTIALS, create, defaultsOf, isNameFree, passwordOf, patch, post } from '../credentials.ts';
import { activityOf } from '../outside.ts';
import type { Program } from '../program.ts';
import { crashEverywhere } from '../request-crash.ts';
import type { OpenStage } from '../stage.ts';

async function request(program: Program, { host, number }: { host: string; number: number }): Promise<Reply> {
  const fields = { name: `New ${number}`, host, password: `new-password-${number}`, default: true };
  return post(await program.service(), fields, { 'idempotency-key': `key-${number}` });
}

export function describeChanges(open: OpenStage): void {
  test('of a create that takes over a default', () =>
    crashEverywhere<{ host: string; holder: string; number: number }>(open, {
      functionName: 'create-credential',
      prepare: async (program, number) => {
        const host = `created-${number}.example.com`;
        const fields = { name: `Holder ${number}`, host, password: 'holder-password', default: true };
        return { host, holder: await create(await program.service(), fields), number };
      },
      change: request,
      isDone: async (program, { host, holder, number }) => {
        const service = await program.service();
        const found = (await service.get(`${CREDENTIALS}?host=${host}`)).json as { value: { id: string }[] };
        const created = found.value.map(({ id }) => id).filter((id) => id !== holder);
        const [id] = created;

        expect(await passwordOf(service, holder)).toBe('holder-password');
        expect(await defaultsOf(service, host)).toEqual([id ?? holder]);
        expect(await activityOf(program.stage, holder)).toEqual(id ? ['created', 'lost default'] : ['created']);
        expect(await isNameFree(service, `New ${number}`)).toBe(id === undefined);
        // Who asks again gets what was made, or makes it now.
        expect(await request(program, { host, number })).toMatchObject({ status: 201, json: id ? { id } : {} });
        if (id === undefined) return false;

        expect(created).toHaveLength(1);
        expect(await passwordOf(service, id)).toBe(`new-password-${number}`);
        expect(await activityOf(program.stage, id)).toEqual(['created']);
        return true;
      },
    }));

  test('of a change of the login', () =>
    crashEverywhere<{ id: string; number: number }>(open, {
      functionName: 'update-credential',
      prepare: async (program, number) => {
        const fields = { name: `Login ${number}`, host: `patched-${number}.example.com`, password: `old-password-${number}` };
        return { id: await create(await program.service(), fields), number };
      },
      change: async (program, { id, number }) => {
        const login = { username: `user-of-new-password-${number}`, password: `new-password-${number}` };
        return patch(await program.service(), id, login);
      },
      isDone: async (program, { id, number }) => {
        const service = await program.service();
        const { revision } = (await service.get(`${CREDENTIALS}/${id}`)).json as { revision: number };
        const isDone = revision === 2;

        expect(await passwordOf(service, id)).toBe(isDone ? `new-password-${number}` : `old-password-${number}`);
        expect(await activityOf(program.stage, id)).toEqual(isDone ? ['created', 'updated'] : ['created']);
        return isDone;
      },
    }));

  test('of a change of name and default', () =>
    crashEverywhere<{ host: string; id: string; holder: string; number: number }>(open, {
      functionName: 'update-credential',
      prepare: async (program, number) => {
        const service = await program.service();
        const host = `renamed-${number}.example.com`;
        const holder = await create(service, { name: `Holder ${number}`, host, password: 'holder-password', default: true });
        return { host, holder, number, id: await create(service, { name: `Old ${number}`, host, password: 'own-password' }) };
      },
      change: async (program, { id, number }) => patch(await program.service(), id, { name: `New ${number}`, default: true }),
      isDone: async (program, { host, id, holder, number }) => {
        const service = await program.service();
        const { name } = (await service.get(`${CREDENTIALS}/${id}`)).json as { name: string };
        const isDone = name === `New ${number}`;

        expect(await passwordOf(service, id)).toBe('own-password');
        expect(await passwordOf(service, holder)).toBe('holder-password');
        expect(await defaultsOf(service, host)).toEqual([isDone ? id : holder]);
        expect(await activityOf(program.stage, id)).toEqual(isDone ? ['created', 'updated'] : ['created']);
        expect(await activityOf(program.stage, holder)).toEqual(isDone ? ['created', 'lost default'] : ['created']);
        expect(await isNameFree(service, `Old ${number}`)).toBe(isDone);
        expect(await isNameFree(service, `New ${number}`)).toBe(!isDone);
        return isDone;
      },
    }));
}
