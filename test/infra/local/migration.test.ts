import { describe, expect, test } from 'vitest';
import { ApiError, type Call } from '../../../infra/local/api-client.ts';
import { moveAll } from '../../../infra/local/migration.ts';

const CREDENTIALS = Array.from({ length: 100 }, (_, at) => ({
  id: `cred-${at}`,
  name: `Number ${at}`,
  active: { store: 'local' },
}));

/** A service that answers each move as `answer` says, by the number of the credential. */
function migrationOn(answer: (number: number) => ApiError | undefined) {
  const asked: number[] = [];
  let atOnce = 0;
  let most = 0;
  const call: Call = async (_method, path) => {
    const number = Number(/cred-(\d+)\/move$/.exec(path)?.[1]);
    asked.push(number);
    most = Math.max(most, ++atOnce);
    await new Promise((next) => setImmediate(next));
    atOnce -= 1;
    const refused = answer(number);
    if (refused) throw refused;
    return {};
  };
  const stopping = new AbortController();
  const run = () => moveAll({ call, project: 'p', to: 'key-vault', stop: stopping.signal }, CREDENTIALS, () => {});
  return { asked, most: () => most, stopping, run };
}

const down = new ApiError('STORE_UNAVAILABLE', 'The vault does not answer.', { isPassing: true });
const missing = new ApiError('SECRET_MISSING', 'It is gone.');

describe('moving many', () => {
  test('asks for each once, four at a time, and tells those that could not be moved', async () => {
    const { asked, most, run } = migrationOn((number) => (number % 10 === 3 ? missing : undefined));

    const failures = await run();

    expect(asked.toSorted((a, b) => a - b)).toEqual(CREDENTIALS.map((_, at) => at));
    expect(most()).toBe(4);
    expect(new Set(failures.map(({ credential }) => credential.id))).toEqual(
      new Set(CREDENTIALS.filter((_, at) => at % 10 === 3).map(({ id }) => id)),
    );
  });

  test('goes on where some find something down', async () => {
    const { asked, run } = migrationOn((number) => (number % 2 === 0 ? down : undefined));

    expect(await run()).toHaveLength(50);
    expect(asked).toHaveLength(100);
  });

  test('gives up when one after the other does', async () => {
    const { asked, run } = migrationOn((number) => (number >= 20 ? down : undefined));

    await expect(run()).rejects.toBe(down);
    expect(asked.length).toBeLessThan(30);
  });

  test('gives up when the token is no longer taken', async () => {
    const ended = new ApiError('UNAUTHENTICATED', 'The token has ended.');
    const { asked, run } = migrationOn((number) => (number === 10 ? ended : undefined));

    await expect(run()).rejects.toBe(ended);
    expect(asked.length).toBeLessThan(20);
  });

  test('takes one that was deleted meanwhile for done', async () => {
    const { run } = migrationOn((number) => (number === 5 ? new ApiError('NOT_FOUND', 'It was deleted.') : undefined));

    expect(await run()).toEqual([]);
  });

  test('ends what is under way, and no more, when it is stopped', async () => {
    const { asked, stopping, run } = migrationOn((number) => {
      if (number === 10) stopping.abort();
      return undefined;
    });

    expect(await run()).toEqual([]);
    expect(asked.length).toBeLessThan(20);
  });
});
