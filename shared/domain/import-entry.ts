import { AppError, type FieldError } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import type { App } from './app.ts';
import { withoutUndefined } from './credential.ts';
import type { Job } from './job.ts';
import { RowConflict, type Operation, type Row } from './ports.ts';
import { jobPartRow, projectPartition } from './rows.ts';

export type ImportSource = 'export' | 'docker-config';

/** One credential that an import asks for. */
export interface Candidate {
  /** Where it stands in the body. */
  pointer: string;
  name?: string;
  /** What a create request would say; that of a docker config has no name. */
  wanted?: unknown;
  /** Why there is nothing to make. */
  failure?: AppError;
}

/** The body of the create request that an entry means. */
export interface EntryBody {
  name: string;
  [field: string]: unknown;
}

/** Why a credential was not made, as a create request would have answered; never a secret. */
interface EntryFailure {
  code: string;
  detail: string;
  hint?: string;
  errors?: FieldError[];
  verdict?: string;
}

/** A line of the report. */
export interface ImportEntry {
  index: number;
  pointer: string;
  /** Absent where what was given is no name. */
  name?: string;
  status: 'pending' | 'created' | 'failed';
  /** Of the credential that was made. */
  id?: string;
  failure?: EntryFailure;
  /** How often its registry asked to slow down. */
  postponed?: number;
}

/** A line as it was read. */
export interface StoredEntry {
  entry: ImportEntry;
  etag: string;
}

/** Lines of one transaction: a failure may fill its field, and so many fit together whatever they say. */
const LINES_AT_ONCE = 25;

export async function writeEntries(app: App, { project, id }: Job, entries: ImportEntry[]): Promise<void> {
  for (let start = 0; start < entries.length; start += LINES_AT_ONCE) {
    const some = entries.slice(start, start + LINES_AT_ONCE);
    await app.records.write(
      projectPartition(project),
      some.map((entry) => ({ kind: 'insert', row: jobPartRow(id, entry.index), fields: fieldsOf(entry) })),
    );
  }
}

export function readEntry({ fields, etag }: Row): StoredEntry {
  return { entry: fields as unknown as ImportEntry, etag };
}

/** The write of a line, which fails if another worker has written it since it was read. */
export function entryOperation({ id }: Job, entry: ImportEntry, etag: string): Operation {
  return { kind: 'replace', row: jobPartRow(id, entry.index), fields: fieldsOf(entry), etag };
}

/** Writes a line, unless another worker was first: that one knows better. */
export async function saveEntry(app: App, job: Job, entry: ImportEntry, etag: string): Promise<void> {
  try {
    await app.records.write(projectPartition(job.project), [entryOperation(job, entry, etag)]);
  } catch (error) {
    if (!(error instanceof RowConflict)) throw error;
  }
}

/** The line of an entry of which nothing was made. */
export function failedEntry(entry: ImportEntry, failure: EntryFailure): ImportEntry {
  return { ...entry, status: 'failed', failure };
}

/** An error as a line tells it. What is no AppError is a defect: it is logged, and not told. */
export function failureOf({ index, pointer }: ImportEntry, source: ImportSource, error: unknown): EntryFailure {
  if (!(error instanceof AppError)) {
    log('error', 'import.entry-failed', { index, error });
    return { code: 'INTERNAL', detail: 'Something went wrong here.', hint: 'The log of the service says what.' };
  }
  const { hint, errors, extra } = error.details;
  const verdict = extra?.['verdict'];
  return {
    code: error.code,
    detail: error.message,
    ...(hint && { hint }),
    // A docker config has no such fields.
    ...(errors && {
      errors: errors.map((one) => ({ ...one, pointer: source === 'export' ? `${pointer}${one.pointer}` : pointer })),
    }),
    ...(typeof verdict === 'string' && { verdict }),
  };
}

function fieldsOf(entry: ImportEntry) {
  return withoutUndefined({ schemaVersion: 1, ...entry });
}
