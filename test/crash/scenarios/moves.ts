import { expect, test } from 'vitest';
import type { SecretStoreName } from '../../../shared/domain/policy.ts';
import { CREDENTIALS, create, passwordOf } from '../credentials.ts';
import { activityOf, readCredentials } from '../outside.ts';
import type { Program } from '../program.ts';
import { crashEverywhere } from '../request-crash.ts';
import type { OpenStage } from '../stage.ts';

interface Moved {
  id: string;
  password: string;
}

const move = async (program: Program, { id }: Moved, store: SecretStoreName) =>
  (await program.service()).post(`${CREDENTIALS}/${id}/move`, { store });

/** Stores of one stage; new secrets go to `to`. */
export interface Way {
  from: SecretStoreName;
  to: SecretStoreName;
}

export function describeMoves(open: OpenStage, { from, to }: Way): void {
  test(`of a move from ${from} to ${to}`, () =>
    crashEverywhere<Moved>(open, {
      functionName: 'move-credential',
      prepare: async (program, number) => {
        const password = `password-${number}`;
        const id = await create(await program.service(), { name: `Moved ${number}`, host: 'moved.example.com', password });
        expect(await move(program, { id, password }, from)).toMatchObject({ status: 200 });
        return { id, password };
      },
      change: (program, subject) => move(program, subject, to),
      isDone: async (program, { id, password }) => {
        const credential = (await readCredentials(program.stage)).find((one) => one.id === id);
        const isDone = credential?.active.secret?.store === to;
        expect(await passwordOf(await program.service(), id)).toBe(password);
        expect(await activityOf(program.stage, id)).toEqual(['created', 'moved', ...(isDone ? ['moved'] : [])]);

        const again = await move(program, { id, password }, to);
        expect(again).toMatchObject({ status: 200, json: { revision: 3 } });
        expect(await passwordOf(await program.service(), id)).toBe(password);
        return isDone;
      },
    }));
}
