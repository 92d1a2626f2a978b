import { describe, expect, test } from 'vitest';
import type { Fields } from '../../../shared/domain/ports.ts';
import type { OpenRecordStore } from '../record-store.ts';

/** Every character that a key may have. */
const LEGAL = ' !$&()*,-.0123456789:;<=>@ABCXYZ[]^_`abcxyz{|}~';
const ILLEGAL = ['/', '\\', '#', '?', '%', '+', "'", '"', '\t', '\n', '\u0000', '\u007f', '\u0085', 'é', '漢', '🗝'];

/** 32,766 characters and two quotes: 64 KiB of JSON in UTF-16. */
const LARGEST_TEXT = 'x'.repeat(32_766);

/** UTF-16 bytes of the largest row. */
const ROW_BYTES = 1020 * 1024;

export function describeRecordLimits(open: OpenRecordStore): void {
  describe('keys', () => {
    test.for([LEGAL, 'x', '.', '..', 'x'.repeat(512)])('%s is legal', async (key) => {
      await using subject = await open();

      await subject.store.write(key, [{ kind: 'insert', row: key, fields: { n: 1 } }]);
      const [row] = await subject.store.range(key, { from: key, limit: 1 });
      await subject.store.write(key, [{ kind: 'replace', row: key, fields: { n: 2 }, etag: row?.etag ?? '' }]);

      expect((await subject.store.get(key, key))?.fields).toEqual({ n: 2 });
      await subject.store.write(key, [{ kind: 'delete', row: key }]);
      expect(await subject.store.get(key, key)).toBeUndefined();
    });

    test.for(['', 'x'.repeat(513), ...ILLEGAL.map((character) => `a${character}b`)])('%j is refused', async (key) => {
      await using subject = await open();
      const operation = { kind: 'insert', row: key, fields: {} } as const;

      await expect(subject.store.get(key, 'a')).rejects.toBeInstanceOf(RangeError);
      await expect(subject.store.get('p', key)).rejects.toBeInstanceOf(RangeError);
      await expect(subject.store.range(key, { limit: 1 })).rejects.toBeInstanceOf(RangeError);
      await expect(subject.store.write(key, [{ ...operation, row: 'a' }])).rejects.toBeInstanceOf(RangeError);
      await expect(subject.store.write('p', [operation])).rejects.toBeInstanceOf(RangeError);
      await expect(subject.store.write('p', [{ kind: 'delete', row: key }])).rejects.toBeInstanceOf(RangeError);
    });
  });

  describe('fields', () => {
    test.for<{ what: string; fields: Fields }>([
      { what: 'none', fields: {} },
      { what: '250', fields: fieldsOf(250, 'x') },
      { what: 'one of 64 KiB of JSON', fields: { text: LARGEST_TEXT } },
      // é and 漢 are one UTF-16 code unit each.
      { what: 'one of 64 KiB in other letters', fields: { text: 'é漢'.repeat(16_383) } },
      { what: 'a name of 255 characters', fields: { ['n'.repeat(255)]: 1 } },
      { what: 'names that differ in case', fields: { name: 1, NAME: 2, Name_2: 3 } },
      { what: 'names of object properties', fields: { constructor: 1, toString: 2, hasOwnProperty: 3 } },
      { what: 'a row at its limit', fields: rowOf(ROW_BYTES) },
    ])('$what: stored', async ({ fields }) => {
      await using subject = await open();

      await subject.store.write('p', [{ kind: 'insert', row: 'a', fields }]);

      expect((await subject.store.get('p', 'a'))?.fields).toEqual(fields);
    });

    test.for<{ what: string; fields: Fields }>([
      { what: '251', fields: fieldsOf(251, 'x') },
      { what: 'one over 64 KiB of JSON', fields: { text: `${LARGEST_TEXT}x` } },
      // A quote takes two characters of JSON.
      { what: 'one over 64 KiB by what JSON adds', fields: { text: '"'.repeat(16_384) } },
      { what: 'a name of 256 characters', fields: { ['n'.repeat(256)]: 1 } },
      { what: 'a row over its limit', fields: rowOf(ROW_BYTES + 2) },
      ...['', '1st', '_a', '__proto__', 'a-b', 'a b', 'é', 'PartitionKey', 'rowKey', 'Timestamp', 'etag'].map((name) => ({
        what: `the name ${JSON.stringify(name)}`,
        fields: { [name]: 1 },
      })),
    ])('$what: refused', async ({ fields }) => {
      await using subject = await open();

      await expect(subject.store.write('p', [{ kind: 'put', row: 'a', fields }])).rejects.toBeInstanceOf(RangeError);

      expect(await subject.store.get('p', 'a')).toBeUndefined();
    });
  });

  describe('transactions', () => {
    const rest = 2 * 1024 * 1024 - 2 * ROW_BYTES;

    test('2 MiB together: stored', async () => {
      await using subject = await open();

      await subject.store.write('p', rowsOf([ROW_BYTES, ROW_BYTES, rest]));

      expect(await subject.store.range('p', { limit: 10 })).toHaveLength(3);
    });

    test('more than 2 MiB together: refused', async () => {
      await using subject = await open();

      await expect(subject.store.write('p', rowsOf([ROW_BYTES, ROW_BYTES, rest + 2]))).rejects.toBeInstanceOf(RangeError);

      expect(await subject.store.range('p', { limit: 10 })).toEqual([]);
    });
  });
}

function fieldsOf(count: number, value: string): Fields {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`field${n}`, value]));
}

/** The fields of a row that has exactly `bytes` with a key of one character in a partition of one character. */
function rowOf(bytes: number): Fields {
  const fields: Fields = {};
  // Each field is a name of one letter, two quotes and its text.
  let characters = bytes / 2 - 2;
  for (const name of 'abcdefghijklmnopqrstuvwxyz') {
    if (characters <= 0) break;
    const length = Math.min(characters - 3, LARGEST_TEXT.length);
    fields[name] = 'x'.repeat(length);
    characters -= length + 3;
  }
  return fields;
}

function rowsOf(sizes: number[]) {
  return sizes.map((bytes, n) => ({ kind: 'insert', row: String(n), fields: rowOf(bytes) }) as const);
}
