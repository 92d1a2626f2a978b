import { describe, expect, test } from 'vitest';
import type { Fields } from '../../../shared/domain/ports.ts';
import type { OpenRecordStore } from '../record-store.ts';

/** Values that a careless way through JSON, UTF-8 or a database's own types would change. */
const VALUES: Fields = {
  text: 'plain',
  empty: '',
  unicode: 'Zoë 漢字 🗝️ \u0000 \u2028 "quoted" \\ back',
  loneSurrogate: '\ud83d',
  looksLikeANumber: '00123',
  looksLikeADate: '2026-01-02T03:04:05.678Z',
  large: Number.MAX_SAFE_INTEGER,
  small: 5e-324,
  yes: true,
  nothing: null,
  list: [1, [2, [3, {}]], 'x'],
  nested: { 'a key with spaces': { ['__proto__']: 'a plain name' } },
};

export function describeRows(open: OpenRecordStore): void {
  describe('get', () => {
    test('answers nothing for a row that was never written', async () => {
      await using subject = await open();
      await subject.store.write('p', [{ kind: 'insert', row: 'a', fields: {} }]);

      expect(await subject.store.get('p', 'b')).toBeUndefined();
      expect(await subject.store.get('q', 'a')).toBeUndefined();
    });

    test('answers every value as it was written', async () => {
      await using subject = await open();

      const [etag] = await subject.store.write('p', [{ kind: 'insert', row: 'a', fields: VALUES }]);

      expect(await subject.store.get('p', 'a')).toStrictEqual({ row: 'a', fields: VALUES, etag });
    });

    test('answers what was written before the store was closed', async () => {
      await using subject = await open();
      const [etag] = await subject.store.write('p', [{ kind: 'insert', row: 'a', fields: VALUES }]);

      const reopened = await subject.reopen();

      expect(await reopened.get('p', 'a')).toStrictEqual({ row: 'a', fields: VALUES, etag });
    });

    test('tells keys apart by case and by partition', async () => {
      await using subject = await open();
      await subject.store.write('p', [
        { kind: 'insert', row: 'a', fields: { is: 'lower' } },
        { kind: 'insert', row: 'A', fields: { is: 'upper' } },
      ]);
      await subject.store.write('P', [{ kind: 'insert', row: 'a', fields: { is: 'elsewhere' } }]);

      expect((await subject.store.get('p', 'a'))?.fields).toEqual({ is: 'lower' });
      expect((await subject.store.get('p', 'A'))?.fields).toEqual({ is: 'upper' });
      expect((await subject.store.get('P', 'a'))?.fields).toEqual({ is: 'elsewhere' });
    });
  });

  describe('write', () => {
    test('insert wants the row absent', async () => {
      await using subject = await open();
      await subject.store.write('p', [{ kind: 'insert', row: 'a', fields: { n: 1 } }]);

      await expect(subject.store.write('p', [{ kind: 'insert', row: 'a', fields: { n: 2 } }])).rejects.toMatchObject({
        name: 'RowConflict',
        index: 0,
        reason: 'exists',
      });
      expect((await subject.store.get('p', 'a'))?.fields).toEqual({ n: 1 });
    });

    test('replace takes the place of all fields, and changes the etag', async () => {
      await using subject = await open();
      const [first = ''] = await subject.store.write('p', [{ kind: 'insert', row: 'a', fields: { n: 1, gone: true } }]);

      const [second] = await subject.store.write('p', [{ kind: 'replace', row: 'a', fields: { n: 2 }, etag: first }]);

      expect(second).not.toBe(first);
      expect(await subject.store.get('p', 'a')).toStrictEqual({ row: 'a', fields: { n: 2 }, etag: second });
    });

    test('replace with an old etag changes nothing', async () => {
      await using subject = await open();
      const [old = ''] = await subject.store.write('p', [{ kind: 'insert', row: 'a', fields: { n: 1 } }]);
      await subject.store.write('p', [{ kind: 'put', row: 'a', fields: { n: 2 } }]);

      await expect(subject.store.write('p', [{ kind: 'replace', row: 'a', fields: { n: 3 }, etag: old }])).rejects.toMatchObject({
        name: 'RowConflict',
        index: 0,
        reason: 'changed',
      });
      expect((await subject.store.get('p', 'a'))?.fields).toEqual({ n: 2 });
    });

    test('replace of a row that is gone says so', async () => {
      await using subject = await open();
      const [etag = ''] = await subject.store.write('p', [{ kind: 'insert', row: 'a', fields: {} }]);
      await subject.store.write('p', [{ kind: 'delete', row: 'a' }]);

      await expect(subject.store.write('p', [{ kind: 'replace', row: 'a', fields: {}, etag }])).rejects.toMatchObject({
        name: 'RowConflict',
        index: 0,
        reason: 'missing',
      });
      expect(await subject.store.get('p', 'a')).toBeUndefined();
    });

    test('the etag of a row is not that of one that was made again under its key', async () => {
      await using subject = await open();
      const [old = ''] = await subject.store.write('p', [{ kind: 'insert', row: 'a', fields: { n: 1 } }]);
      await subject.store.write('p', [{ kind: 'delete', row: 'a' }]);
      await subject.store.write('p', [{ kind: 'insert', row: 'a', fields: { n: 1 } }]);

      await expect(subject.store.write('p', [{ kind: 'replace', row: 'a', fields: { n: 2 }, etag: old }])).rejects.toMatchObject({
        reason: 'changed',
      });
    });

    test('put writes over what is there, and where nothing is', async () => {
      await using subject = await open();

      const [first] = await subject.store.write('p', [{ kind: 'put', row: 'a', fields: { n: 1, gone: true } }]);
      const [second] = await subject.store.write('p', [{ kind: 'put', row: 'a', fields: { n: 1 } }]);

      expect(second).not.toBe(first);
      expect(await subject.store.get('p', 'a')).toStrictEqual({ row: 'a', fields: { n: 1 }, etag: second });
    });

    test('delete takes the row away, with its etag or without', async () => {
      await using subject = await open();
      const [etag = ''] = await subject.store.write('p', [
        { kind: 'insert', row: 'a', fields: {} },
        { kind: 'insert', row: 'b', fields: {} },
      ]);

      expect(await subject.store.write('p', [{ kind: 'delete', row: 'a', etag }])).toEqual(['']);
      expect(await subject.store.write('p', [{ kind: 'delete', row: 'b' }])).toEqual(['']);

      expect(await subject.store.range('p', { limit: 10 })).toEqual([]);
    });

    test('delete with an old etag leaves the row', async () => {
      await using subject = await open();
      const [old = ''] = await subject.store.write('p', [{ kind: 'insert', row: 'a', fields: { n: 1 } }]);
      await subject.store.write('p', [{ kind: 'put', row: 'a', fields: { n: 2 } }]);

      await expect(subject.store.write('p', [{ kind: 'delete', row: 'a', etag: old }])).rejects.toMatchObject({
        name: 'RowConflict',
        index: 0,
        reason: 'changed',
      });
      expect((await subject.store.get('p', 'a'))?.fields).toEqual({ n: 2 });
    });

    test.for([{ etag: undefined }, { etag: 'of a row that was deleted' }])(
      'delete of a row that is missing says so, $etag',
      async ({ etag }) => {
        await using subject = await open();
        const [old = ''] = await subject.store.write('p', [{ kind: 'insert', row: 'a', fields: {} }]);
        await subject.store.write('p', [{ kind: 'delete', row: 'a' }]);

        await expect(subject.store.write('p', [{ kind: 'delete', row: 'a', ...(etag && { etag: old }) }])).rejects.toMatchObject({
          name: 'RowConflict',
          index: 0,
          reason: 'missing',
        });
      },
    );
  });
}
