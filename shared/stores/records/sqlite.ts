import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { RowConflict, type Fields, type Operation, type RecordStore, type Row } from '../../domain/ports.ts';
import { refuseInAzure } from '../data-folder.ts';
import { openDatabase, transaction } from '../embedded-database.ts';
import { outageAsAppError } from '../outage.ts';
import { checkKey, checkRange, checkTransaction, type FieldTexts } from './limits.ts';

const TABLES = {
  version: 1,
  sql: `CREATE TABLE rows (
    partition_key TEXT NOT NULL,
    row_key TEXT NOT NULL,
    fields TEXT NOT NULL, -- one JSON object
    etag TEXT NOT NULL,
    PRIMARY KEY (partition_key, row_key)
  ) STRICT`,
};

/** Behind every legal key: keys are printable ASCII. */
const AFTER_ALL_KEYS = '\u007f';

/**
 * Records in a SQLite file, for one process: the caller holds the data folder's lock. Calls block the process while the
 * disk writes. Throws an Error in Azure, AppError STORE_UNAVAILABLE if the file cannot be used.
 */
export async function openSqliteRecords(file: string, environment: NodeJS.ProcessEnv): Promise<RecordStore> {
  refuseInAzure(environment);
  const database = await openDatabase(file, TABLES);
  const rows = rowStatements(database);
  return {
    get: async (partition, row) => {
      checkKey('partition', partition);
      checkKey('row', row);
      return outageAsAppError(() => rows.get(partition, row));
    },
    write: async (partition, operations) => {
      const texts = checkTransaction(partition, operations);
      return outageAsAppError(() =>
        transaction(database, () => operations.map((operation, index) => apply(rows, partition, operation, texts[index], index))),
      );
    },
    range: async (partition, query) => {
      checkRange(partition, query);
      return outageAsAppError(() => rows.range(partition, query.from ?? '', query.to ?? AFTER_ALL_KEYS, query.limit));
    },
    close: async () => database.close(),
  };
}

/** Answers the new etag, '' for a delete. */
function apply(
  rows: RowStatements,
  partition: string,
  operation: Operation,
  texts: FieldTexts | undefined,
  index: number,
): string {
  // Never the same twice, so that a row that was deleted and made again is another one.
  const etag = texts ? randomUUID() : '';
  if (!attempt(rows, partition, operation, texts ? objectText(texts) : '', etag)) {
    throw new RowConflict(index, reasonOf(rows, partition, operation));
  }
  return etag;
}

function attempt(rows: RowStatements, partition: string, operation: Operation, fields: string, etag: string): boolean {
  if (operation.kind === 'insert') return rows.insert(partition, operation.row, fields, etag);
  if (operation.kind === 'put') return rows.put(partition, operation.row, fields, etag);
  if (operation.kind === 'replace') return rows.replace(partition, operation.row, fields, etag, operation.etag);
  return rows.delete(partition, operation.row, operation.etag);
}

function reasonOf(rows: RowStatements, partition: string, { kind, row }: Operation): RowConflict['reason'] {
  if (kind === 'insert') return 'exists';
  return rows.get(partition, row) ? 'changed' : 'missing';
}

/** The names are plain identifiers and the values are JSON already. */
function objectText(texts: FieldTexts): string {
  return `{${Array.from(texts, ([name, text]) => `"${name}":${text}`).join(',')}}`;
}

type RowStatements = ReturnType<typeof rowStatements>;

/** Each statement is prepared once. The writing ones answer whether they found what they want. */
function rowStatements(database: DatabaseSync) {
  const get = database.prepare('SELECT row_key, fields, etag FROM rows WHERE partition_key = ? AND row_key = ?');
  const range = database.prepare(
    'SELECT row_key, fields, etag FROM rows WHERE partition_key = ? AND row_key >= ? AND row_key < ? ORDER BY row_key LIMIT ?',
  );
  const insert = database.prepare(
    'INSERT INTO rows (partition_key, row_key, fields, etag) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const put = database.prepare(
    `INSERT INTO rows (partition_key, row_key, fields, etag) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET fields = excluded.fields, etag = excluded.etag`,
  );
  const replace = database.prepare('UPDATE rows SET fields = ?, etag = ? WHERE partition_key = ? AND row_key = ? AND etag = ?');
  const remove = database.prepare('DELETE FROM rows WHERE partition_key = ? AND row_key = ? AND etag = coalesce(?, etag)');
  return {
    get: (partition: string, row: string): Row | undefined => {
      const found = get.get(partition, row);
      return found && toRow(found);
    },
    range: (partition: string, from: string, to: string, limit: number) => range.all(partition, from, to, limit).map(toRow),
    insert: (partition: string, row: string, fields: string, etag: string) =>
      insert.run(partition, row, fields, etag).changes === 1,
    put: (partition: string, row: string, fields: string, etag: string) => put.run(partition, row, fields, etag).changes === 1,
    replace: (partition: string, row: string, fields: string, etag: string, expected: string) =>
      replace.run(fields, etag, partition, row, expected).changes === 1,
    delete: (partition: string, row: string, expected: string | undefined) =>
      remove.run(partition, row, expected ?? null).changes === 1,
  };
}

function toRow(found: Record<string, unknown>): Row {
  return { row: String(found['row_key']), fields: JSON.parse(String(found['fields'])) as Fields, etag: String(found['etag']) };
}
