import { after, MINUTE } from '../lib/clock.ts';
import { log } from '../lib/log.ts';
import type { App } from './app.ts';
import { pagesOf } from './pages-of.ts';
import { RowConflict, type Fields, type Operation, type Row } from './ports.ts';
import { DUE_PARTITION } from './rows.ts';

/** How long a worker has for what fell due before it falls due again; longer than `functionTimeout` in host.json. */
const LEASE = 15 * MINUTE;

/** Rows that one tick takes: a later tick takes the rest. Two operations each must fit into one transaction. */
const BATCH = 50;
const BATCHES = 10;

type DueKind = 'cleanup' | 'purge' | 'check' | 'remind' | 'job';

/**
 * Something that should happen to a credential, or go on with a job, at a time. It is a hint, written before the record that it is about:
 * whoever acts on it reads the record first and does only what is still right.
 */
export interface Due {
  kind: DueKind;
  project: string;
  id: string;
  operationId: string;
  /** What the kind needs, such as the name of a secret. Never material. */
  data: Fields;
}

/** Writes a due row and answers its key. */
export async function schedule(app: App, at: Date, due: Due): Promise<string> {
  const row = dueRow(at, due);
  await app.records.write(DUE_PARTITION, [{ kind: 'put', row, fields: { schemaVersion: 1, ...due } }]);
  return row;
}

/** Removes a due row if it is still there. */
export async function unschedule(app: App, row: string): Promise<void> {
  try {
    await app.records.write(DUE_PARTITION, [{ kind: 'delete', row }]);
  } catch (error) {
    if (!(error instanceof RowConflict)) throw error;
  }
}

export async function readDue(app: App, row: string): Promise<Due | undefined> {
  const found = await app.records.get(DUE_PARTITION, row);
  return found && (found.fields as unknown as Due);
}

/** What falls due until a moment, and what is being worked on. */
export async function* dueUntil(app: App, until: Date): AsyncIterable<Due> {
  for await (const rows of pagesOf(app, DUE_PARTITION, { to: timeKey(until) }))
    yield* rows.map(({ fields }) => fields as unknown as Due);
}

/**
 * Hands what is due to the workers: each row moves to the end of a lease, then one message names it. A crash between the
 * two costs the lease, nothing more. Answers how many were handed over.
 */
export async function tick(app: App): Promise<number> {
  let taken = 0;
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const now = app.clock.now();
    const rows = await app.records.range(DUE_PARTITION, { to: timeKey(after(now, 1)), limit: BATCH });
    if (rows.length === 0) break;
    const moved = await lease(app, rows, after(now, LEASE));
    await Promise.all(moved.map((row) => app.queue.send('work', { v: 1, kind: 'due', row })));
    taken += moved.length;
    if (rows.length < BATCH) break;
  }
  if (taken > 0) log('info', 'tick.handed-over', { count: taken });
  return taken;
}

/** A row that a worker ended meanwhile makes the batch fail; then each goes alone. */
async function lease(app: App, rows: Row[], until: Date): Promise<string[]> {
  const moves = rows.map((row) => {
    const to = dueRow(until, row.fields as unknown as Due);
    const operations: Operation[] = [
      { kind: 'delete', row: row.row, etag: row.etag },
      { kind: 'put', row: to, fields: row.fields },
    ];
    return { to, operations };
  });
  try {
    await app.records.write(
      DUE_PARTITION,
      moves.flatMap(({ operations }) => operations),
    );
    return moves.map(({ to }) => to);
  } catch (error) {
    if (!(error instanceof RowConflict)) throw error;
    if (rows.length === 1) return [];
  }
  const alone = await Promise.all(rows.map((row) => lease(app, [row], until)));
  return alone.flat();
}

function dueRow(at: Date, { kind, project, id, operationId }: Due): string {
  return `${timeKey(at)}:${kind}:${project}:${id}:${operationId}`;
}

/** Sorts by time. */
function timeKey(at: Date): string {
  return at.toISOString();
}
