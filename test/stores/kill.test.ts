import { describe, expect, test } from 'vitest';
import type { RecordStore, Row } from '../../shared/domain/ports.ts';
import { openDataFolder, type DataFolder } from '../../shared/stores/data-folder.ts';
import { openSqliteQueue } from '../../shared/stores/queue/sqlite.ts';
import { openSqliteRecords } from '../../shared/stores/records/sqlite.ts';
import { openLocalSecrets } from '../../shared/stores/secrets/local.ts';
import { listed, valueOf } from '../contract/secret-store/put-value.ts';
import { operationOf, PADDING } from './acknowledged.ts';
import { startChild, type ChildProgram } from './child-program.ts';
import { temporaryFolder } from './temporary-folder.ts';

const LAST_WRITES = [3, 20, 45];

describe('a process that is killed while it writes', () => {
  test.for(LAST_WRITES)('loses no record that it acknowledged, and halves no transaction (after write %d)', async (last) => {
    await using folder = await temporaryFolder();
    const acknowledged = await writeAndKill('records', folder.path, last);

    await using data = await reopen(folder.path);
    const store = await openSqliteRecords(data.records, {});

    const written = await numbersUnder(store, 'a-');
    expect(written).toEqual(expect.arrayContaining(acknowledged));
    expect(await numbersUnder(store, 'b-')).toEqual(written);
    expect((await store.get('p', 'a-0'))?.fields['PADDING']).toBe(PADDING);
    await store.close();
  });

  test.for(LAST_WRITES)('loses no message that it acknowledged (after write %d)', async (last) => {
    await using folder = await temporaryFolder();
    const acknowledged = await writeAndKill('queue', folder.path, last);

    await using data = await reopen(folder.path);
    const queue = await openSqliteQueue(data.queue);

    const received: unknown[] = [];
    for (;;) {
      const messages = await queue.receive('work', { max: 32, visibilitySeconds: 600 });
      if (messages.length === 0) break;
      received.push(...messages.map(({ body }) => body['n']));
    }
    expect(numbersOf(received)).toEqual(expect.arrayContaining(acknowledged));
    await queue.close();
  });

  test.for(LAST_WRITES)('loses no secret, removal or retirement that it acknowledged (after write %d)', async (last) => {
    await using folder = await temporaryFolder();
    const acknowledged = await writeAndKill('secrets', folder.path, last);

    await using data = await reopen(folder.path);
    const store = await openLocalSecrets(data);

    // 0: put; 1: put and removed; 2: put and retired.
    const kept = acknowledged.filter((n) => n % 3 === 0);
    const read = await Promise.all(acknowledged.map((n) => valueOf(store, `name-${n}`, operationOf(n).replaceAll('-', ''))));
    expect(read).toEqual(acknowledged.map((n) => (n % 3 === 0 ? `value ${n}` : undefined)));
    const names = acknowledged.map((n) => `name-${n}`);
    expect(await listed(store, names)).toHaveLength(kept.length);
    await store.restore('name-1');
    expect(await valueOf(store, 'name-1', operationOf(1).replaceAll('-', ''))).toBe('value 1');
  });
});

describe('a disk that is full', () => {
  // Blocks of 512 bytes: what a file may have before the system refuses to let it grow.
  const narrow = 'ulimit -f 600; exec "$@"';

  test.for(['records', 'queue'] as const)(
    'ends the writing of %s as an outage and leaves what was acknowledged',
    async (kind) => {
      await using folder = await temporaryFolder();
      await using child = startChild(new URL('./acknowledging-writer.ts', import.meta.url), [kind, folder.path], narrow);
      const lines: string[] = [];

      for await (const line of child.lines) lines.push(line);

      expect(lines.at(-1)).toBe('failed: STORE_UNAVAILABLE');
      expect(lines.length).toBeGreaterThan(2);
      await using data = await reopen(folder.path);
      expect(await count(kind, data)).toBe(lines.length - 1);
    },
  );
});

describe('several processes on one queue', () => {
  test('open it at once, and each message goes to one of them', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/queue.db`;
    const total = 60;
    const queue = await openSqliteQueue(file);
    for (let n = 0; n < total; n++) await queue.send('work', { n });

    const taken = await Promise.all(
      Array.from({ length: 4 }, () => outputOf(new URL('./drain-queue.ts', import.meta.url), [file])),
    );

    expect(numbersOf(taken.flatMap((line) => JSON.parse(line) as unknown[]))).toEqual(Array.from({ length: total }, (_, n) => n));
    await queue.close();
  });

  test('may make it at once', async () => {
    await using folder = await temporaryFolder();

    const taken = await Promise.all(
      Array.from({ length: 4 }, () => outputOf(new URL('./drain-queue.ts', import.meta.url), [`${folder.path}/queue.db`])),
    );

    expect(taken).toEqual(['[]', '[]', '[]', '[]']);
  });
});

/** Answers the numbers of the writes that were acknowledged before the process was killed. */
async function writeAndKill(kind: string, folder: string, last: number): Promise<number[]> {
  await using child = startChild(new URL('./acknowledging-writer.ts', import.meta.url), [kind, folder]);
  const acknowledged: number[] = [];
  for await (const line of child.lines) {
    acknowledged.push(Number(line));
    if (acknowledged.length === last + 1) void child.kill();
  }
  expect(acknowledged.length).toBeGreaterThan(last);
  expect(acknowledged).not.toContain(Number.NaN);
  return acknowledged;
}

/** Of all rows: how many more it writes until the kill arrives is not known. */
async function numbersUnder(store: RecordStore, prefix: string): Promise<number[]> {
  const numbers: unknown[] = [];
  let page: Row[] = [];
  do {
    page = await store.range('p', { from: page.length > 0 ? `${page.at(-1)?.row} ` : prefix, to: `${prefix}~`, limit: 1000 });
    numbers.push(...page.map(({ fields }) => fields['n']));
  } while (page.length === 1000);
  return numbersOf(numbers);
}

/** The lock of the killed one must be gone. */
async function reopen(path: string): Promise<DataFolder & AsyncDisposable> {
  const data = await openDataFolder(path, {});
  return { ...data, [Symbol.asyncDispose]: () => data.close() };
}

async function count(kind: 'records' | 'queue', data: DataFolder): Promise<number> {
  if (kind === 'records') {
    const store = await openSqliteRecords(data.records, {});
    const rows = await store.range('p', { limit: 1000 });
    await store.close();
    return rows.length / 2;
  }
  const queue = await openSqliteQueue(data.queue);
  let total = 0;
  for (let got = 1; got > 0; total += got) got = (await queue.receive('work', { max: 32, visibilitySeconds: 600 })).length;
  await queue.close();
  return total;
}

async function outputOf(program: URL, args: string[]): Promise<string> {
  await using child: ChildProgram = startChild(program, args);
  const lines: string[] = [];
  for await (const line of child.lines) lines.push(line);
  return lines.join('\n');
}

function numbersOf(values: unknown[]): number[] {
  return values.map(Number).toSorted((a, b) => a - b);
}
