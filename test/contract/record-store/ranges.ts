import { describe, expect, test } from 'vitest';
import type { RecordStore } from '../../../shared/domain/ports.ts';
import type { OpenRecordStore } from '../record-store.ts';

/** In the order of their characters' codes, whatever a language would think of it. */
const ORDERED = [' ', '!', '-a', '.', '0', '10', '9', ':', 'A', 'B', 'Z', '_', 'a', 'a-1', 'a.1', 'aa', 'b', 'z', '|', '~'];

export function describeRanges(open: OpenRecordStore): void {
  describe('range', () => {
    test('answers rows by the codes of their keys, each with fields and etag', async () => {
      await using subject = await open();
      await write(subject.store, ORDERED.toReversed());

      const rows = await subject.store.range('p', { limit: 1000 });

      expect(rows.map(({ row }) => row)).toEqual(ORDERED);
      expect(rows[4]).toStrictEqual(await subject.store.get('p', '0'));
    });

    test.for([
      { from: 'b', expected: ['b', 'c', 'd'] },
      { to: 'c', expected: ['a', 'b'] },
      { from: 'b', to: 'd', expected: ['b', 'c'] },
      { from: 'aa', to: 'cc', expected: ['b', 'c'] },
      { from: 'b', to: 'b', expected: [] },
      { from: 'd', to: 'a', expected: [] },
      { from: 'x', expected: [] },
      { from: '', expected: ['a', 'b', 'c', 'd'] },
      { from: 'a/', to: 'd\uffff', expected: ['b', 'c', 'd'] },
    ])('takes its first row and leaves its end out: $from to $to', async ({ expected, ...bounds }) => {
      await using subject = await open();
      await write(subject.store, ['a', 'b', 'c', 'd']);

      const rows = await subject.store.range('p', { ...bounds, limit: 1000 });

      expect(rows.map(({ row }) => row)).toEqual(expected);
    });

    test('answers the first rows up to the limit', async () => {
      await using subject = await open();
      await write(subject.store, ['a', 'b', 'c', 'd']);

      const rows = await subject.store.range('p', { from: 'b', limit: 2 });

      expect(rows.map(({ row }) => row)).toEqual(['b', 'c']);
    });

    test('stays inside its partition', async () => {
      await using subject = await open();
      await write(subject.store, ['a'], 'p');
      await write(subject.store, ['b'], 'p1');
      await write(subject.store, ['c'], 'o');

      const rows = await subject.store.range('p', { limit: 1000 });

      expect(rows.map(({ row }) => row)).toEqual(['a']);
      expect(await subject.store.range('q', { limit: 1000 })).toEqual([]);
    });

    test('walks 1,205 rows in pages, each once', async () => {
      await using subject = await open();
      const keys = Array.from({ length: 1205 }, (_, n) => `row-${String(n).padStart(5, '0')}`);
      await write(subject.store, keys);

      const first = await subject.store.range('p', { limit: 1000 });
      // What follows a key is the key with the smallest character behind it.
      const second = await subject.store.range('p', { from: `${first.at(-1)?.row} `, limit: 1000 });

      expect([...first, ...second].map(({ row }) => row)).toEqual(keys);
    });

    test.for([0, -1, 1001, 1.5, Number.NaN])('refuses the limit %d', async (limit) => {
      await using subject = await open();

      await expect(subject.store.range('p', { limit })).rejects.toBeInstanceOf(RangeError);
    });
  });
}

async function write(store: RecordStore, keys: string[], partition = 'p'): Promise<void> {
  for (let at = 0; at < keys.length; at += 100) {
    await store.write(
      partition,
      keys.slice(at, at + 100).map((row) => ({ kind: 'insert', row, fields: { row } })),
    );
  }
}
