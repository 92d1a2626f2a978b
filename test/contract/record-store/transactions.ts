import { describe, expect, test } from 'vitest';
import type { Operation, RecordStore } from '../../../shared/domain/ports.ts';
import type { OpenRecordStore } from '../record-store.ts';

const WRITERS = 50;

export function describeTransactions(open: OpenRecordStore): void {
  describe('write of several rows', () => {
    test('applies 100 operations together', async () => {
      await using subject = await open();

      const etags = await subject.store.write('p', inserts(100));

      const rows = await subject.store.range('p', { limit: 1000 });
      expect(rows.map(({ etag }) => etag)).toEqual(etags);
      expect(etags).toHaveLength(100);
    });

    test('mixes every kind of operation, and answers the etags in their order', async () => {
      await using subject = await open();
      const [, b = '', c = ''] = await subject.store.write('p', [
        { kind: 'insert', row: 'a', fields: { n: 1 } },
        { kind: 'insert', row: 'b', fields: { n: 1 } },
        { kind: 'insert', row: 'c', fields: { n: 1 } },
      ]);

      const etags = await subject.store.write('p', [
        { kind: 'delete', row: 'c', etag: c },
        { kind: 'insert', row: 'd', fields: { n: 2 } },
        { kind: 'replace', row: 'b', fields: { n: 2 }, etag: b },
        { kind: 'put', row: 'a', fields: { n: 2 } },
      ]);

      expect(await subject.store.range('p', { limit: 10 })).toEqual([
        { row: 'a', fields: { n: 2 }, etag: etags[3] },
        { row: 'b', fields: { n: 2 }, etag: etags[2] },
        { row: 'd', fields: { n: 2 }, etag: etags[1] },
      ]);
      expect(etags[0]).toBe('');
    });

    test.for<{ reason: string; operation: Operation }>([
      { reason: 'exists', operation: { kind: 'insert', row: 'there', fields: { n: 2 } } },
      { reason: 'changed', operation: { kind: 'replace', row: 'there', fields: { n: 2 }, etag: 'OLD' } },
      { reason: 'changed', operation: { kind: 'delete', row: 'there', etag: 'OLD' } },
      { reason: 'missing', operation: { kind: 'replace', row: 'nowhere', fields: {}, etag: 'OLD' } },
      { reason: 'missing', operation: { kind: 'delete', row: 'nowhere' } },
    ])('applies nothing when the row of a $operation.kind in the middle $reason', async ({ reason, operation }) => {
      await using subject = await open();
      const old = await writeTwice(subject.store, 'there');
      const conflicting = 'etag' in operation ? { ...operation, etag: old } : operation;
      const before = await subject.store.range('p', { limit: 1000 });

      await expect(
        subject.store.write('p', [
          { kind: 'put', row: 'there-too', fields: {} },
          ...inserts(40),
          conflicting,
          { kind: 'insert', row: 'last', fields: {} },
        ]),
      ).rejects.toMatchObject({ name: 'RowConflict', index: 41, reason });

      expect(await subject.store.range('p', { limit: 1000 })).toEqual(before);
    });

    test('names the first of two conflicts', async () => {
      await using subject = await open();
      await subject.store.write('p', [{ kind: 'insert', row: 'a', fields: {} }]);

      await expect(
        subject.store.write('p', [
          { kind: 'insert', row: 'b', fields: {} },
          { kind: 'delete', row: 'nowhere' },
          { kind: 'insert', row: 'a', fields: {} },
        ]),
      ).rejects.toMatchObject({ index: 1, reason: 'missing' });
    });

    test.for([
      { count: 0, what: 'no operation' },
      { count: 101, what: '101 operations' },
    ])('refuses $what', async ({ count }) => {
      await using subject = await open();

      await expect(subject.store.write('p', inserts(count))).rejects.toBeInstanceOf(RangeError);

      expect(await subject.store.range('p', { limit: 10 })).toEqual([]);
    });

    test('refuses the same row twice', async () => {
      await using subject = await open();

      await expect(
        subject.store.write('p', [
          { kind: 'insert', row: 'a', fields: { n: 1 } },
          { kind: 'put', row: 'a', fields: { n: 2 } },
        ]),
      ).rejects.toBeInstanceOf(RangeError);

      expect(await subject.store.get('p', 'a')).toBeUndefined();
    });
  });

  describe('write by many at once', () => {
    test('one of 50 replaces wins', async () => {
      await using subject = await open();
      const [etag = ''] = await subject.store.write('p', [{ kind: 'insert', row: 'a', fields: { winner: -1 } }]);

      const outcomes = await race((writer) =>
        subject.store.write('p', [{ kind: 'replace', row: 'a', fields: { winner: writer }, etag }]),
      );

      expect(outcomes.winners).toHaveLength(1);
      expect(outcomes.reasons).toEqual(Array(WRITERS - 1).fill('changed'));
      expect((await subject.store.get('p', 'a'))?.fields).toEqual({ winner: outcomes.winners[0] });
    });

    test('one of 50 inserts wins, with all of its transaction', async () => {
      await using subject = await open();

      const outcomes = await race((writer) =>
        subject.store.write('p', [
          { kind: 'insert', row: `own-${writer}`, fields: {} },
          { kind: 'insert', row: 'shared', fields: { winner: writer } },
        ]),
      );

      expect(outcomes.winners).toHaveLength(1);
      expect(outcomes.reasons).toEqual(Array(WRITERS - 1).fill('exists'));
      const rows = await subject.store.range('p', { limit: 1000 });
      expect(rows.map(({ row }) => row)).toEqual([`own-${outcomes.winners[0]}`, 'shared']);
    });

    test('50 writers of different rows all succeed', async () => {
      await using subject = await open();

      const outcomes = await race((writer) => subject.store.write('p', [{ kind: 'insert', row: `own-${writer}`, fields: {} }]));

      expect(outcomes.winners).toHaveLength(WRITERS);
      expect(await subject.store.range('p', { limit: 1000 })).toHaveLength(WRITERS);
    });
  });
}

function inserts(count: number): Operation[] {
  return Array.from({ length: count }, (_, n) => ({ kind: 'insert', row: `row-${String(n).padStart(3, '0')}`, fields: { n } }));
}

/** Answers the first etag, which is no longer good. */
async function writeTwice(store: RecordStore, row: string): Promise<string> {
  const [old = ''] = await store.write('p', [{ kind: 'insert', row, fields: { n: 0 } }]);
  await store.write('p', [{ kind: 'put', row, fields: { n: 1 } }]);
  return old;
}

async function race(write: (writer: number) => Promise<unknown>): Promise<{ winners: number[]; reasons: unknown[] }> {
  const outcomes = await Promise.allSettled(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
  return {
    winners: outcomes.flatMap(({ status }, writer) => (status === 'fulfilled' ? [writer] : [])),
    reasons: outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.reason ?? outcome.reason] : [])),
  };
}
