import { HOUR } from '../lib/clock.ts';
import { AppError } from '../lib/errors.ts';
import { projectOf, type App } from './app.ts';
import { actor, requireGrant, type Caller } from './caller.ts';
import type { DriftReport } from './drift-turn.ts';
import type { DriftCode, Finding } from './find-drift.ts';
import { beginJob, newJob, watchJob, type Job } from './job.ts';
import { findOwnJob, viewOperation, type JobQuestion, type OperationView } from './own-job.ts';
import { PURPOSES } from './policy.ts';
import { RowConflict, type Operation } from './ports.ts';
import { LAST_DRIFT_CHECK_ROW, projectPartition } from './rows.ts';

/** A drift check must have ended within it, and the next one may begin after it: so there is one at a time. */
const INTERVAL = HOUR;

/** How far a drift check is, and what it found. */
export interface DriftCheckView extends OperationView {
  /** Null until it has ended, and where it could not be done. */
  report: (Omit<DriftReport, 'findings'> & { findings: FindingView[] }) | null;
}

interface FindingView extends Finding {
  detail: string;
  hint: string;
}

/**
 * Accepts a comparison of the records of a project with what its stores list. Throws FORBIDDEN without the role admin in
 * all of the project, whose secrets it tells of, CHECK_LIMIT within an hour of the last one, or STORE_UNAVAILABLE.
 */
export async function startDriftCheck(
  app: App,
  { project: name, caller }: { project: string; caller: Caller },
): Promise<DriftCheckView> {
  const project = projectOf(app, name);
  for (const purpose of PURPOSES) requireGrant(caller, project, 'admin', { environments: [], purpose });
  const job = newJob(app, { kind: 'drift-check', project: name, by: actor(caller), life: INTERVAL, data: {} });
  const turn = await takeTheHour(app, job);
  await watchJob(app, job);
  try {
    await beginJob(app, job, [turn]);
  } catch (error) {
    if (error instanceof RowConflict) throw tooSoon(INTERVAL);
    throw error;
  }
  return viewDriftCheck(job);
}

/** Throws NOT_FOUND, also for one that is not for this caller to see. */
export async function showDriftCheck(app: App, question: JobQuestion): Promise<DriftCheckView> {
  return viewDriftCheck(await findOwnJob(app, 'drift-check', question));
}

/** The write, in one transaction with the job, that no other one of this hour can have made, too. */
async function takeTheHour(app: App, { project, startedAt }: Job): Promise<Operation> {
  const row = LAST_DRIFT_CHECK_ROW;
  const fields = { schemaVersion: 1, startedAt };
  const last = await app.records.get(projectPartition(project), row);
  if (!last) return { kind: 'insert', row, fields };
  const earlier = last.fields as { startedAt: string };
  const left = new Date(earlier.startedAt).getTime() + INTERVAL - new Date(startedAt).getTime();
  if (left > 0) throw tooSoon(left);
  return { kind: 'replace', row, fields, etag: last.etag };
}

function tooSoon(milliseconds: number): AppError {
  return new AppError('CHECK_LIMIT', 'The last drift check of this project began within the last hour.', {
    hint: 'Each lists all secrets of a store: one an hour is enough.',
    retryAfterSeconds: Math.ceil(milliseconds / 1000),
  });
}

function viewDriftCheck(job: Job): DriftCheckView {
  const found = job.data as Partial<DriftReport>;
  const { counts = {}, findings, records = 0, versions = 0, isCut = false } = found;
  const report = findings && { records, versions, counts, isCut, findings: findings.map(viewFinding) };
  return { ...viewOperation(job), report: report ?? null };
}

function viewFinding(finding: Finding): FindingView {
  return { ...EXPLANATIONS[finding.code], ...finding };
}

const EXPLANATIONS: Record<DriftCode, { detail: string; hint: string }> = {
  SECRET_MISSING: {
    detail: 'The credential points to a secret that its store does not list.',
    hint: 'Restore the secret there, or give it again with PATCH.',
  },
  VERSION_MISSING: {
    detail: 'The store has the secret, but not the version that the credential points to.',
    hint: 'Enable the version there, or give the secret again with PATCH.',
  },
  NOT_REMOVED: {
    detail: 'The credential is deleted, but its secret is still in use in the store.',
    hint: 'Remove the secret there, so that it can still be restored.',
  },
  UNUSED_VERSION: {
    detail: 'The credential points to another version of this secret.',
    hint: 'Disable this version in the store: nobody asks for it.',
  },
  ORPHAN_SECRET: {
    detail: 'No credential points to this secret.',
    hint: 'Remove it in the store, unless another regcred has a project of this name there.',
  },
  STORE_UNAVAILABLE: {
    detail: 'The store could not be listed, so that nothing in it was compared.',
    hint: 'GET /api/health says more to an admin.',
  },
};
