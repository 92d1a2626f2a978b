import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFolderDurably, makePrivateFile } from './durable-file.ts';

/** Where the embedded stores keep their parts, held for this process alone until `close`. */
export interface DataFolder {
  path: string;
  records: string;
  queue: string;
  /** A folder. */
  secrets: string;
  secretsKey: string;
  close(): Promise<void>;
}

/**
 * Makes the folder (0700) if it is not there, and locks it. Throws an Error whose message is meant for whoever started
 * the program: in Azure, where a local disk does not last; where the folder cannot be used; and where it is in use.
 */
export async function openDataFolder(folder: string, environment: NodeJS.ProcessEnv): Promise<DataFolder> {
  refuseInAzure(environment);
  const path = resolve(folder);
  const lockFile = join(path, 'lock');
  await makeFolder(path, lockFile);
  const lock = takeLock(path, lockFile);
  return {
    path,
    records: join(path, 'records.db'),
    queue: join(path, 'queue.db'),
    secrets: join(path, 'secrets'),
    secretsKey: join(path, 'secrets.key'),
    close: async () => lock.close(),
  };
}

/** Throws in Azure Functions: instances come and go there, each with a disk of its own. */
export function refuseInAzure(environment: NodeJS.ProcessEnv): void {
  if (!environment['WEBSITE_SITE_NAME']) return;
  throw new Error(
    'The embedded stores do not work in Azure, where no local disk lasts: set REGCRED_RECORDS=table, REGCRED_QUEUE=storage-queue and REGCRED_SECRETS=key-vault',
  );
}

/** Nobody else may read the file of the lock, wherever the folder is: who can read it can lock it. */
async function makeFolder(path: string, lockFile: string): Promise<void> {
  try {
    await makeFolderDurably(path);
    await makePrivateFile(lockFile);
  } catch (error) {
    throw unusable(path, error);
  }
}

/**
 * An exclusive transaction that is never ended: the system takes its lock from a process that dies, however it dies.
 * Nothing else may open this file in this process: POSIX drops the locks of a file when any descriptor of it is closed.
 */
function takeLock(path: string, file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    // SQLITE_BUSY
    if ((error as { errcode?: unknown }).errcode === 5) {
      throw new Error(`The data folder ${path} is in use by another regcred`, { cause: error });
    }
    throw unusable(path, error);
  }
}

function unusable(path: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(`The data folder ${path} cannot be used: ${reason}`, { cause: error });
}
