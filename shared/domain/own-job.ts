import { AppError } from '../lib/errors.ts';
import { projectOf, type App } from './app.ts';
import { isProjectAdmin, type Actor, type Caller } from './caller.ts';
import { findJob, type Job, type JobKind } from './job.ts';

/** Who asks for which operation. */
export interface JobQuestion {
  project: string;
  id: string;
  caller: Caller;
}

/** What every operation shows of itself. */
export interface OperationView {
  operation: string;
  status: 'running' | 'ended';
  startedAt: string;
  endedAt: string | null;
  startedBy: Actor;
}

/** A job, for whoever began it and for admins of the whole project; for all others it is not there: NOT_FOUND. */
export async function findOwnJob(app: App, kind: JobKind, { project: name, id, caller }: JobQuestion): Promise<Job> {
  const project = projectOf(app, name);
  const job = (await findJob(app, { project: name, id }))?.job;
  const isOwn = job?.by.issuer === caller.issuer && job.by.subject === caller.subject;
  if (job?.kind === kind && (isOwn || isProjectAdmin(caller, project))) return job;
  throw new AppError('NOT_FOUND', 'No such operation.', {
    hint: 'Check its id and the project. Who did not begin it needs the role admin in all of the project; after a while it is forgotten.',
  });
}

export function viewOperation({ id, by, startedAt, endedAt }: Job): OperationView {
  return { operation: id, status: endedAt ? 'ended' : 'running', startedAt, endedAt: endedAt ?? null, startedBy: by };
}
