import { describe, expect, test } from 'vitest';
import type { Service } from '../service.ts';
import { CREDENTIALS, create, defaultsOf, isNameFree, passwordOf, patch } from './credentials.ts';
import { activityOf } from './outside.ts';
import { crashEverywhere } from './request-crash.ts';

/** Milliseconds for some twenty processes, one after the other. */
const LIMIT = 300_000;

interface Removed {
  id: string;
  host: string;
  number: number;
}

async function prepare(service: Service, number: number): Promise<Removed> {
  const host = `removed-${number}.example.com`;
  const id = await create(service, { name: `Removed ${number}`, host, password: `password-${number}`, default: true });
  return { id, host, number };
}

const remove = (service: Service, { id }: Removed) => service.delete(`${CREDENTIALS}/${id}`);
const restore = (service: Service, { id }: Removed) => service.post(`${CREDENTIALS}/${id}/restore`);

/** Throws unless all of it is there, or all of it is deleted. */
async function isDeleted(service: Service, { id, number }: Removed): Promise<boolean> {
  const isThere = (await passwordOf(service, id)) === `password-${number}`;
  const { value } = (await service.get(`${CREDENTIALS}?deleted=true`)).json as { value: { id: string }[] };

  expect(value.some((one) => one.id === id)).toBe(!isThere);
  expect('deletedAt' in ((await service.get(`${CREDENTIALS}/${id}`)).json as object)).toBe(!isThere);
  expect(await isNameFree(service, `Removed ${number}`)).toBe(!isThere);
  return !isThere;
}

describe('a process that is killed before or after each step', { timeout: LIMIT }, () => {
  test('of a deletion, which can be undone in any case', () =>
    crashEverywhere<Removed>({
      functionName: 'delete-credential',
      prepare,
      change: remove,
      isDone: async (service, subject) => {
        const isDone = await isDeleted(service, subject);
        expect(activityOf(service.data, subject.id)).toEqual(isDone ? ['created', 'deleted'] : ['created']);
        expect(await defaultsOf(service, subject.host)).toEqual(isDone ? [] : [subject.id]);

        expect(await restore(service, subject)).toMatchObject({ status: 200 });
        expect(await passwordOf(service, subject.id)).toBe(`password-${subject.number}`);
        return isDone;
      },
    }));

  test('of a restore, after which the login can be changed', () =>
    crashEverywhere<Removed>({
      functionName: 'restore-credential',
      prepare: async (service, number) => {
        const subject = await prepare(service, number);
        await remove(service, subject);
        return subject;
      },
      change: restore,
      isDone: async (service, subject) => {
        const isDone = !(await isDeleted(service, subject));
        expect(activityOf(service.data, subject.id)).toEqual(
          isDone ? ['created', 'deleted', 'restored'] : ['created', 'deleted'],
        );

        expect(await restore(service, subject)).toMatchObject({ status: 200 });
        expect(await patch(service, subject.id, { username: 'user-of-next', password: 'next' })).toMatchObject({ status: 200 });
        expect(await passwordOf(service, subject.id)).toBe('next');
        return isDone;
      },
    }));
});
