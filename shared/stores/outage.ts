import { AppError } from '../lib/errors.ts';

/** Results of SQLite that are our own mistake (ERROR, TOOBIG, CONSTRAINT, MISMATCH, MISUSE, RANGE); every other one is an outage. */
const DEFECTS = new Set([1, 18, 19, 20, 21, 25]);

/** Runs `run` on the data folder, with errors as of `dataFolderFailure`. */
export async function outageAsAppError<T>(run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw dataFolderFailure(error);
  }
}

/** AppError STORE_UNAVAILABLE for a full or failing disk, a missing right, a busy or broken file; what else there is stays. */
export function dataFolderFailure(error: unknown): unknown {
  if (!isOutage(error)) return error;
  return new AppError('STORE_UNAVAILABLE', 'The data folder cannot be read or written', {
    hint: 'Look at its free space and its rights; the log has the reason',
    cause: error,
  });
}

function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // The low byte of an extended result is the primary one: https://sqlite.org/rescode.html
  if ('errcode' in error && typeof error.errcode === 'number') return !DEFECTS.has(error.errcode & 0xff);
  return 'syscall' in error;
}
