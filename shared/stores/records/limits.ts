import { RECORD_LIMITS, type Fields, type Operation } from '../../domain/ports.ts';

/** The JSON text of each field of a row, by name: what a store keeps. */
export type FieldTexts = Map<string, string>;

/** Printable ASCII without what Azure refuses or decodes twice. */
const KEY = /^[ !$&()*,\-.0-9:;<=>@A-Z[\]^_`a-z{|}~]+$/;
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_]{0,254}$/;
const RESERVED_NAMES = new Set(['partitionkey', 'rowkey', 'timestamp', 'etag']);

/** A character of text is one UTF-16 code unit. */
const CHARACTER_BYTES = 2;

/** Throws RangeError for a key that a store does not take. */
export function checkKey(kind: 'partition' | 'row', key: string): void {
  if (key.length * CHARACTER_BYTES > RECORD_LIMITS.keyBytes) {
    throw new RangeError(
      `A ${kind} key has at most ${RECORD_LIMITS.keyBytes / CHARACTER_BYTES} characters, this one ${key.length}`,
    );
  }
  if (!KEY.test(key)) throw new RangeError(`${JSON.stringify(key)} is not a legal ${kind} key`);
}

/** Throws RangeError for a range that a store does not take. */
export function checkRange(partition: string, query: { from?: string; to?: string; limit: number }): void {
  checkKey('partition', partition);
  if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > RECORD_LIMITS.page) {
    throw new RangeError(`A range answers 1 to ${RECORD_LIMITS.page} rows, not ${query.limit}`);
  }
}

/** Answers what to store for each operation (nothing for a delete). Throws RangeError for a transaction that a store does not take. */
export function checkTransaction(partition: string, operations: Operation[]): (FieldTexts | undefined)[] {
  checkKey('partition', partition);
  if (operations.length < 1 || operations.length > RECORD_LIMITS.operations) {
    throw new RangeError(`A transaction has 1 to ${RECORD_LIMITS.operations} operations, not ${operations.length}`);
  }
  checkRowsDiffer(operations);
  let bytes = 0;
  return operations.map((operation) => {
    checkKey('row', operation.row);
    if (operation.kind === 'delete') return undefined;
    const texts = fieldTexts(operation.row, operation.fields);
    bytes += checkRowSize(partition, operation.row, texts);
    if (bytes > RECORD_LIMITS.transactionBytes) {
      throw new RangeError(`The rows of a transaction have at most ${RECORD_LIMITS.transactionBytes} bytes together`);
    }
    return texts;
  });
}

function checkRowsDiffer(operations: Operation[]): void {
  const seen = new Set<string>();
  for (const { row } of operations) {
    if (seen.has(row)) throw new RangeError(`A transaction names the row ${JSON.stringify(row)} twice`);
    seen.add(row);
  }
}

function fieldTexts(row: string, fields: Fields): FieldTexts {
  const entries = Object.entries(fields);
  if (entries.length > RECORD_LIMITS.fields) {
    throw new RangeError(`A row has at most ${RECORD_LIMITS.fields} fields, ${JSON.stringify(row)} has ${entries.length}`);
  }
  return new Map(entries.map(([name, value]) => [name, fieldText(name, value)]));
}

function fieldText(name: string, value: unknown): string {
  if (!FIELD_NAME.test(name) || RESERVED_NAMES.has(name.toLowerCase())) {
    throw new RangeError(`${JSON.stringify(name)} is not a legal name of a field`);
  }
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new RangeError(`The field ${name} has no value`);
  const bytes = text.length * CHARACTER_BYTES;
  if (bytes > RECORD_LIMITS.fieldBytes) {
    throw new RangeError(
      `The field ${name} has ${bytes} bytes of JSON in UTF-16; at most ${RECORD_LIMITS.fieldBytes} are possible`,
    );
  }
  return text;
}

function checkRowSize(partition: string, row: string, texts: FieldTexts): number {
  let characters = partition.length + row.length;
  for (const [name, text] of texts) characters += name.length + text.length;
  const bytes = characters * CHARACTER_BYTES;
  if (bytes > RECORD_LIMITS.rowBytes) {
    throw new RangeError(`The row ${JSON.stringify(row)} has ${bytes} bytes; at most ${RECORD_LIMITS.rowBytes} are possible`);
  }
  return bytes;
}
