import { DatabaseSync } from 'node:sqlite';
import { makePrivateFile } from './durable-file.ts';
import { outageAsAppError } from './outage.ts';

/** How long a call waits for another process that is writing: it blocks this one, so it is short. */
const BUSY_MILLISECONDS = 5000;

/**
 * Opens a SQLite file (0600), makes its tables and sets it to lose nothing that was committed, not even in a power cut.
 * `version` is that of the tables. Throws AppError STORE_UNAVAILABLE, or an Error for a file of a newer regcred.
 */
export async function openDatabase(file: string, tables: { version: number; sql: string }): Promise<DatabaseSync> {
  return outageAsAppError(async () => {
    // SQLite gives the files that it puts beside a database the same rights.
    await makePrivateFile(file);
    const database = new DatabaseSync(file, { timeout: BUSY_MILLISECONDS });
    try {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
      transaction(database, () => createTables(database, file, tables));
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Runs all of `run`, or nothing of it if it throws. */
export function transaction<T>(database: DatabaseSync, run: () => T): T {
  // IMMEDIATE: one that begins by reading could not become a writer after another process has written.
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = run();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // After a full disk SQLite may have rolled back by itself.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function createTables(database: DatabaseSync, file: string, tables: { version: number; sql: string }): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > tables.version) throw new Error(`${file} was written by a newer regcred (its tables are of version ${version})`);
  if (version === tables.version) return;
  database.exec(tables.sql);
  database.exec(`PRAGMA user_version = ${tables.version}`);
}
