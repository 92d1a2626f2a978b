import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { RowConflict, type Operation } from '../../domain/ports.ts';
import { canPass } from '../azure/storage-failure.ts';
import type { FieldTexts } from './limits.ts';
import { BatchRefusal, type BatchPart } from './table-batch.ts';
import type { StoredRow, TableCalls } from './table-client.ts';
import { toEntity } from './table-entity.ts';

const TRIES = 4;

/** Milliseconds before the first repetition; twice as long before each further one. */
const FIRST_PAUSE = 250;

/** An etag that no row has: for a row that somebody else has written since. */
const STALE_ETAG = `W/"datetime'1970-01-01T00%3A00%3A00.0000000Z'"`;

const REASONS: Record<string, RowConflict['reason']> = {
  EntityAlreadyExists: 'exists',
  ResourceNotFound: 'missing',
  UpdateConditionNotSatisfied: 'changed',
};

/** A row as it was when it was looked at. */
type Seen = StoredRow | undefined;

/**
 * Applies a transaction once, although an answer may be lost: each row carries the id of the write that made it so, and
 * before the transaction is sent again, as after a conflict then, the rows tell whether it was applied. Answers the new
 * etags. Throws RowConflict, or what the last of the tries failed with.
 */
export async function writeOnce(
  table: TableCalls,
  partition: string,
  operations: Operation[],
  texts: (FieldTexts | undefined)[],
): Promise<string[]> {
  const writeId = randomUUID();
  const look = () => Promise.all(operations.map(({ row }) => table.get(partition, row)));
  // An unconditional write that is repeated could undo what another wrote meanwhile: it is repeated on the version seen.
  const part = (operation: Operation, index: number, seen: Seen[] | undefined): BatchPart =>
    partOf(table, partition, seen ? conditional(operation, seen[index]) : operation, texts[index], writeId);

  for (let tries = 1, seen: Seen[] | undefined; ; tries++) {
    try {
      const seenThen = seen;
      return await table.send(operations.map((operation, index) => part(operation, index, seenThen)));
    } catch (error) {
      const conflict = conflictOf(error);
      if (conflict && !seen) throw conflict;
      if (!conflict && (!canPass(error) || tries === TRIES)) throw error;
      if (!conflict) await pause(FIRST_PAUSE * 2 ** (tries - 1));
      seen = await look();
      const etags = appliedEtags(operations, seen, writeId);
      if (etags) return etags;
      if (conflict && (operations[conflict.index]?.kind !== 'put' || tries === TRIES)) throw conflict;
    }
  }
}

function conflictOf(error: unknown): RowConflict | undefined {
  if (!(error instanceof BatchRefusal)) return undefined;
  const reason = REASONS[error.code];
  return reason && new RowConflict(error.index, reason);
}

function conditional(operation: Operation, seen: Seen): Operation {
  if (operation.kind !== 'put') return operation;
  return seen ? { ...operation, kind: 'replace', etag: seen.etag } : { ...operation, kind: 'insert' };
}

/**
 * The etags, if the rows show that the write was applied. One row is enough: a transaction is applied as a whole. Deletes
 * alone leave no trace; their rows being gone is all that they asked for.
 */
function appliedEtags(operations: Operation[], seen: Seen[], writeId: string): string[] | undefined {
  const onlyDeletes = operations.every(({ kind }) => kind === 'delete');
  const isApplied = onlyDeletes ? seen.every((row) => row === undefined) : seen.some((row) => row?.writeId === writeId);
  if (!isApplied) return undefined;
  return operations.map(({ kind }, index) => {
    if (kind === 'delete') return '';
    const row = seen[index];
    return row?.writeId === writeId ? row.etag : STALE_ETAG;
  });
}

function partOf(
  table: TableCalls,
  partition: string,
  operation: Operation,
  texts: FieldTexts | undefined,
  writeId: string,
): BatchPart {
  const { kind, row } = operation;
  const url = table.url(partition, row);
  if (kind === 'delete') return { method: 'DELETE', url, ifMatch: operation.etag ?? '*' };
  const entity = toEntity(partition, row, texts ?? new Map(), writeId);
  if (kind === 'insert') return { method: 'POST', url: table.url(), entity };
  return { method: 'PUT', url, entity, ...(kind === 'replace' && { ifMatch: operation.etag }) };
}
