import { describe, expect, test } from 'vitest';
import { CREDENTIALS, create, defaultsOf, isNameFree, passwordOf, patch, post } from './credentials.ts';
import { activityOf } from './outside.ts';
import { crashEverywhere } from './request-crash.ts';

/** Milliseconds for some twenty processes, one after the other. */
const LIMIT = 300_000;

describe('a process that is killed before or after each step', { timeout: LIMIT }, () => {
  test('of a create that takes over a default', () =>
    crashEverywhere<{ host: string; holder: string; number: number }>({
      functionName: 'create-credential',
      prepare: async (service, number) => {
        const host = `created-${number}.example.com`;
        const holder = await create(service, { name: `Holder ${number}`, host, password: 'holder-password', default: true });
        return { host, holder, number };
      },
      change: (service, { host, number }) =>
        post(
          service,
          { name: `New ${number}`, host, password: `new-password-${number}`, default: true },
          { 'idempotency-key': `key-${number}` },
        ),
      isDone: async (service, { host, holder, number }) => {
        const found = (await service.get(`${CREDENTIALS}?host=${host}`)).json as { value: { id: string }[] };
        const created = found.value.map(({ id }) => id).filter((id) => id !== holder);
        const [id] = created;

        expect(await passwordOf(service, holder)).toBe('holder-password');
        expect(await defaultsOf(service, host)).toEqual([id ?? holder]);
        expect(activityOf(service.data, holder)).toEqual(id ? ['created', 'lost default'] : ['created']);
        expect(await isNameFree(service, `New ${number}`)).toBe(id === undefined);
        if (id === undefined) return false;

        expect(created).toHaveLength(1);
        expect(await passwordOf(service, id)).toBe(`new-password-${number}`);
        expect(activityOf(service.data, id)).toEqual(['created']);
        const again = { name: `New ${number}`, host, password: `new-password-${number}`, default: true };
        expect((await post(service, again, { 'idempotency-key': `key-${number}` })).json).toMatchObject({ id });
        return true;
      },
    }));

  test('of a change of the login', () =>
    crashEverywhere<{ id: string; number: number }>({
      functionName: 'update-credential',
      prepare: async (service, number) => {
        const host = `patched-${number}.example.com`;
        return { id: await create(service, { name: `Login ${number}`, host, password: `old-password-${number}` }), number };
      },
      change: (service, { id, number }) =>
        patch(service, id, { username: `user-of-new-password-${number}`, password: `new-password-${number}` }),
      isDone: async (service, { id, number }) => {
        const { revision } = (await service.get(`${CREDENTIALS}/${id}`)).json as { revision: number };
        const isDone = revision === 2;

        expect(await passwordOf(service, id)).toBe(isDone ? `new-password-${number}` : `old-password-${number}`);
        expect(activityOf(service.data, id)).toEqual(isDone ? ['created', 'updated'] : ['created']);
        return isDone;
      },
    }));

  test('of a change of name and default', () =>
    crashEverywhere<{ host: string; id: string; holder: string; number: number }>({
      functionName: 'update-credential',
      prepare: async (service, number) => {
        const host = `renamed-${number}.example.com`;
        const holder = await create(service, { name: `Holder ${number}`, host, password: 'holder-password', default: true });
        return { host, holder, number, id: await create(service, { name: `Old ${number}`, host, password: 'own-password' }) };
      },
      change: (service, { id, number }) => patch(service, id, { name: `New ${number}`, default: true }),
      isDone: async (service, { host, id, holder, number }) => {
        const { name } = (await service.get(`${CREDENTIALS}/${id}`)).json as { name: string };
        const isDone = name === `New ${number}`;

        expect(await passwordOf(service, id)).toBe('own-password');
        expect(await passwordOf(service, holder)).toBe('holder-password');
        expect(await defaultsOf(service, host)).toEqual([isDone ? id : holder]);
        expect(activityOf(service.data, id)).toEqual(isDone ? ['created', 'updated'] : ['created']);
        expect(activityOf(service.data, holder)).toEqual(isDone ? ['created', 'lost default'] : ['created']);
        expect(await isNameFree(service, `Old ${number}`)).toBe(isDone);
        expect(await isNameFree(service, `New ${number}`)).toBe(!isDone);
        return isDone;
      },
    }));
});
