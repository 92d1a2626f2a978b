import type { FieldError } from '../lib/errors.ts';
import type { App } from './app.ts';
import { readEntry, type ImportEntry } from './import-entry.ts';
import { readParts, type Job } from './job.ts';
import { findOwnJob, viewOperation, type JobQuestion, type OperationView } from './own-job.ts';
import { RECORD_LIMITS } from './ports.ts';

/** A line of the report: what a create request would have answered. */
interface ImportEntryView {
  index: number;
  pointer: string;
  name?: string;
  status: ImportEntry['status'];
  id?: string;
  code?: string;
  detail?: string;
  hint?: string;
  errors?: FieldError[];
  verdict?: string;
}

/** How far an import is. */
export interface ImportView extends OperationView {
  counts: { total: number; created: number; failed: number; pending: number };
  entries: ImportEntryView[];
}

/** Throws NOT_FOUND, also for an import that is not for this caller to see. */
export async function showImport(app: App, question: JobQuestion): Promise<ImportView> {
  const job = await findOwnJob(app, 'import', question);
  const rows = await readParts(app, job, 0, RECORD_LIMITS.page);
  return viewImport(
    job,
    rows.map((row) => readEntry(row).entry),
  );
}

export function viewImport(job: Job, entries: ImportEntry[]): ImportView {
  const count = (status: ImportEntry['status']) => entries.filter((entry) => entry.status === status).length;
  return {
    ...viewOperation(job),
    counts: { total: entries.length, created: count('created'), failed: count('failed'), pending: count('pending') },
    entries: entries.map(({ index, pointer, name, status, id, failure }) => ({
      index,
      pointer,
      ...(name && { name }),
      status,
      ...(id && { id }),
      ...failure,
    })),
  };
}
