import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DAY, after, type Clock } from '../../../shared/lib/clock.ts';
import type { Queue } from '../../../shared/domain/ports.ts';
import { openSqliteQueue } from '../../../shared/stores/queue/sqlite.ts';
import { describeQueue, type QueueUnderTest } from '../../contract/queue.ts';
import { nextLine, startChild } from '../child-program.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describeQueue('sqlite', () => openInTemporaryFolder());

describe('the life of a message', () => {
  test.for([
    { delayDays: 0, day: 6.99, isThere: true },
    { delayDays: 0, day: 7, isThere: false },
    { delayDays: 7, day: 6.99, isThere: false },
    { delayDays: 7, day: 13.99, isThere: true },
    { delayDays: 7, day: 14, isThere: false },
  ])('delayed by $delayDays days, on day $day: there $isThere', async ({ delayDays, day, isThere }) => {
    const clock = movableClock();
    await using subject = await openInTemporaryFolder(clock);
    await subject.queue.send('work', {}, { delaySeconds: delayDays * 24 * 3600 });

    clock.move(day * DAY);

    expect(await subject.queue.receive('work', { max: 1, visibilitySeconds: 1 })).toHaveLength(isThere ? 1 : 0);
  });

  test('goes on after the queue was closed and opened', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'queue.db');
    const before = await openSqliteQueue(file);
    await before.send('work', { n: 1 });
    await before.send('work', { n: 2 }, { delaySeconds: 600 });
    await before.close();

    const queue = await openSqliteQueue(file);

    expect((await queue.receive('work', { max: 32, visibilitySeconds: 1 })).map(({ body }) => body)).toEqual([{ n: 1 }]);
    await queue.close();
  });
});

test('a process that opens the file twice keeps it from others that would take it over', async () => {
  await using subject = await openInTemporaryFolder();
  const another = await subject.another();
  await another.send('work', { n: 1 });

  await using child = startChild(new URL('../take-database.ts', import.meta.url), [subject.file]);

  expect(await nextLine(child)).toBe('database is locked');
  await subject.queue.send('work', { n: 2 });
  const received = await another.receive('work', { max: 32, visibilitySeconds: 1 });
  expect(received.map(({ body }) => body)).toEqual(expect.arrayContaining([{ n: 1 }, { n: 2 }]));
});

async function openInTemporaryFolder(clock?: Clock): Promise<QueueUnderTest & { file: string }> {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'queue.db');
  const connections: Queue[] = [];
  const connect = async () => {
    const queue = await openSqliteQueue(file, clock);
    connections.push(queue);
    return queue;
  };
  return {
    file,
    queue: await connect(),
    another: connect,
    [Symbol.asyncDispose]: async () => {
      for (const queue of connections) await queue.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function movableClock(): Clock & { move(milliseconds: number): void } {
  let now = new Date('2026-01-01T00:00:00Z');
  return {
    now: () => now,
    move: (milliseconds) => {
      now = after(now, milliseconds);
    },
  };
}
