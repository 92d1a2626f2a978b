import { encodeTime, ulid } from 'ulid';
import { after, MINUTE } from '../lib/clock.ts';
import { log } from '../lib/log.ts';
import type { App } from './app.ts';
import type { Actor } from './caller.ts';
import { deleteRows } from './clear-rows.ts';
import { withoutUndefined } from './credential.ts';
import { pagesOf } from './pages-of.ts';
import { RECORD_LIMITS, type Fields, type Operation, type Row } from './ports.ts';
import { JOBS, jobPartRow, jobParts, jobRow, projectPartition, rowsFrom } from './rows.ts';
import { schedule } from './schedule.ts';

export type JobKind = 'import' | 'drift-check';

/** How long a turn that says nothing is taken for alive; longer than `functionTimeout` in host.json. */
export const TURN_LIMIT = 15 * MINUTE;

/** What was accepted and goes on by itself, turn by turn: each is a message of the queue. */
export interface Job {
  schemaVersion: 1;
  kind: JobKind;
  project: string;
  id: string;
  /** Who asked for it: what it does is done in this name. */
  by: Actor;
  startedAt: string;
  /** What is not done by then is given up. */
  deadline: string;
  endedAt?: string;
  /** The number of the next turn: a message with another one comes late, or twice. */
  turn: number;
  /** When the last turn began. */
  turnAt: string;
  /** What its kind needs to know, and what it found. Never material. */
  data: Fields;
}

/** What a turn has come to. */
export interface Turn {
  data: Fields;
  /** Absent: nothing is left to do. */
  goOnAfterSeconds?: number;
}

export interface StoredJob {
  job: Job;
  etag: string;
}

type JobAddress = Pick<Job, 'project' | 'id'>;

const ID = /^[0-9a-hjkmnp-tv-z]{26}$/;

/** A job that is not there yet: see `beginJob`. */
export function newJob(app: App, { life, ...job }: Pick<Job, 'kind' | 'project' | 'by' | 'data'> & { life: number }): Job {
  const now = app.clock.now();
  const startedAt = now.toISOString();
  return {
    schemaVersion: 1,
    ...job,
    id: ulid(now.getTime()).toLowerCase(),
    startedAt,
    deadline: after(now, life).toISOString(),
    turn: 0,
    turnAt: startedAt,
  };
}

/**
 * Sees to it that a job which does not begin, or stops, is looked after: a due row that stays until the job has ended.
 * Written before all that belongs to the job; `data` names what would be left if it never begins.
 */
export async function watchJob(app: App, { project, id }: JobAddress, data: Fields = {}): Promise<void> {
  await schedule(app, after(app.clock.now(), TURN_LIMIT), { kind: 'job', project, id, operationId: id, data });
}

/** The moment from which on it exists. Throws RowConflict for one of the further rows of the transaction. */
export async function beginJob(app: App, job: Job, also: Operation[] = []): Promise<void> {
  await app.records.write(projectPartition(job.project), [
    { kind: 'insert', row: jobRow(job.id), fields: withoutUndefined(job) },
    ...also,
  ]);
  await sendTurn(app, job);
}

/** A queue that is down loses nothing: whoever looks after the job finds it. */
export async function sendTurn(app: App, { project, id, turn }: Job, delaySeconds = 0): Promise<void> {
  try {
    await app.queue.send('work', { v: 1, kind: 'job', project, id, turn }, { delaySeconds });
  } catch (error) {
    log('warn', 'job.not-sent', { project, id, error });
  }
}

/** Undefined also for text that is no id. */
export async function findJob(app: App, { project, id }: JobAddress): Promise<StoredJob | undefined> {
  const row = ID.test(id) ? await app.records.get(projectPartition(project), jobRow(id)) : undefined;
  return row && readJob(row);
}

/** Throws RowConflict if another worker has gone on with it since it was read. */
export async function saveJob(app: App, job: Job, etag: string): Promise<StoredJob> {
  const operation = { kind: 'replace', row: jobRow(job.id), fields: withoutUndefined(job), etag } as const;
  const [saved = ''] = await app.records.write(projectPartition(job.project), [operation]);
  return { job, etag: saved };
}

/** The jobs that were begun since, the oldest first. */
export async function jobsSince(app: App, project: string, since: Date): Promise<Job[]> {
  const jobs: Job[] = [];
  for await (const rows of pagesOf(app, projectPartition(project), rowsFrom(JOBS, firstRowAt(since))))
    jobs.push(...rows.map((row) => readJob(row).job));
  return jobs;
}

/** Removes what was begun before this moment. */
export async function forgetJobs(app: App, project: string, before: Date): Promise<void> {
  const partition = projectPartition(project);
  const range = { ...rowsFrom(JOBS), to: firstRowAt(before), limit: RECORD_LIMITS.page };
  for (const row of await app.records.range(partition, range)) {
    await deleteParts(app, { project, id: row.row.slice(JOBS.length) });
    await deleteRows(app, partition, [row]);
  }
}

/** The rows that a job keeps beside its own, such as the lines of a report, from a number on. */
export function readParts(app: App, { project, id }: JobAddress, from: number, limit: number): Promise<Row[]> {
  const range = rowsFrom(jobParts(id), jobPartRow(id, from));
  return app.records.range(projectPartition(project), { ...range, limit });
}

export async function deleteParts(app: App, { project, id }: JobAddress): Promise<void> {
  const rows = await readParts(app, { project, id }, 0, RECORD_LIMITS.page);
  await deleteRows(app, projectPartition(project), rows);
}

function firstRowAt(moment: Date): string {
  return jobRow(encodeTime(moment.getTime()).toLowerCase());
}

function readJob({ fields, etag }: Row): StoredJob {
  return { job: fields as unknown as Job, etag };
}
