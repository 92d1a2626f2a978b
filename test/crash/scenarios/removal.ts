import { expect, test } from 'vitest';
import { CREDENTIALS, create, defaultsOf, isNameFree, passwordOf, patch } from '../credentials.ts';
import { activityOf } from '../outside.ts';
import { patiently, type Program } from '../program.ts';
import { crashEverywhere } from '../request-crash.ts';
import type { OpenStage } from '../stage.ts';

interface Removed {
  id: string;
  host: string;
  number: number;
}

async function prepare(program: Program, number: number): Promise<Removed> {
  const host = `removed-${number}.example.com`;
  const fields = { name: `Removed ${number}`, host, password: `password-${number}`, default: true };
  return { id: await create(await program.service(), fields), host, number };
}

const remove = async (program: Program, { id }: Removed) => (await program.service()).delete(`${CREDENTIALS}/${id}`);
const restore = (program: Program, { id }: Removed) =>
  patiently(program, id, (service) => service.post(`${CREDENTIALS}/${id}/restore`));

/** Throws unless all of it is there, or all of it is deleted. */
async function isDeleted(program: Program, { id, number }: Removed): Promise<boolean> {
  const service = await program.service();
  const isThere = (await passwordOf(service, id)) === `password-${number}`;
  const { value } = (await service.get(`${CREDENTIALS}?deleted=true`)).json as { value: { id: string }[] };

  expect(value.some((one) => one.id === id)).toBe(!isThere);
  expect('deletedAt' in ((await service.get(`${CREDENTIALS}/${id}`)).json as object)).toBe(!isThere);
  expect(await isNameFree(service, `Removed ${number}`)).toBe(!isThere);
  return !isThere;
}

export function describeRemoval(open: OpenStage): void {
  test('of a deletion, which can be undone in any case', () =>
    crashEverywhere<Removed>(open, {
      functionName: 'delete-credential',
      prepare,
      change: remove,
      isDone: async (program, subject) => {
        const isDone = await isDeleted(program, subject);
        const service = await program.service();
        expect(await activityOf(program.stage, subject.id)).toEqual(isDone ? ['created', 'deleted'] : ['created']);
        expect(await defaultsOf(service, subject.host)).toEqual(isDone ? [] : [subject.id]);

        expect(await restore(program, subject)).toMatchObject({ status: 200 });
        expect(await passwordOf(service, subject.id)).toBe(`password-${subject.number}`);
        return isDone;
      },
    }));

  test('of a restore, after which the login can be changed', () =>
    crashEverywhere<Removed>(open, {
      functionName: 'restore-credential',
      prepare: async (program, number) => {
        const subject = await prepare(program, number);
        await remove(program, subject);
        return subject;
      },
      change: restore,
      isDone: async (program, subject) => {
        const isDone = !(await isDeleted(program, subject));
        const service = await program.service();
        expect(await activityOf(program.stage, subject.id)).toEqual(
          isDone ? ['created', 'deleted', 'restored'] : ['created', 'deleted'],
        );

        expect(await restore(program, subject)).toMatchObject({ status: 200 });
        expect(await patch(service, subject.id, { username: 'user-of-next', password: 'next' })).toMatchObject({ status: 200 });
        expect(await passwordOf(service, subject.id)).toBe('next');
        return isDone;
      },
    }));
}
