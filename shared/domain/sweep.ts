import { after, DAY, MINUTE } from '../lib/clock.ts';
import { isOutage } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import { findProject, type App } from './app.ts';
import { clearPartition, deleteRows, expiredDays } from './clear-rows.ts';
import { readCredential } from './credential.ts';
import { deliverEvent } from './events.ts';
import { forgetJobs } from './job.ts';
import { knownProjects } from './known-projects.ts';
import { pagesOf } from './pages-of.ts';
import type { Json, Row } from './ports.ts';
import {
  activityPartition,
  CREDENTIALS,
  EVENTS,
  handOutPartition,
  IDEMPOTENCY_KEYS,
  projectPartition,
  rowsFrom,
} from './rows.ts';
import { repairPlan } from './plan.ts';
import { retentionEnd, runPurge } from './purge.ts';
import { findStatus } from './read-credential.ts';

/** Credentials that one message looks at; the next message takes the rest. */
const CREDENTIALS_PER_MESSAGE = 200;

/** An event that is older was not announced: its message was lost with a crash. */
const EVENT_IS_LATE_AFTER = MINUTE;

/** Starts the slow walk that repairs what a crash left out, and ends what has passed its retention, also in projects that the policy dropped. */
export async function sweep(app: App): Promise<void> {
  for (const project of await knownProjects(app)) await app.queue.send('work', { v: 1, kind: 'sweep', project, after: '' });
}

/** One step of the walk: the project's own rows first, then its credentials from `after` on. */
export async function sweepProject(app: App, project: string, afterRow: string): Promise<void> {
  if (afterRow === '') {
    await deliverLateEvents(app, project);
    await forgetIdempotencyKeys(app, project);
    for (const day of expiredDays(app)) await clearPartition(app, activityPartition(project, day));
    await forgetJobs(app, project, after(app.clock.now(), -app.settings.retentionDays * DAY));
  }
  const rows = await app.records.range(projectPartition(project), {
    ...rowsFrom(CREDENTIALS, afterRow),
    limit: CREDENTIALS_PER_MESSAGE,
  });
  for (const row of rows) await sweepOrTell(app, row);
  const last = rows.at(-1);
  if (last && rows.length === CREDENTIALS_PER_MESSAGE)
    await app.queue.send('work', { v: 1, kind: 'sweep', project, after: `${last.row}!` });
}

/** One record that cannot be read, such as one of a newer version, must not keep the walk from all that come after it. */
async function sweepOrTell(app: App, row: Row): Promise<void> {
  try {
    await sweepCredential(app, row);
  } catch (error) {
    if (isOutage(error)) throw error;
    log('error', 'sweep.failed', { row: row.row, error });
  }
}

async function sweepCredential(app: App, row: Row): Promise<void> {
  const stored = readCredential(row);
  const { credential } = stored;
  for (const day of expiredDays(app)) await clearPartition(app, handOutPartition(credential.id, day));
  if (findProject(app, credential.project)) await repairPlan(app, credential, await findStatus(app, stored));
  if (credential.deletedAt && retentionEnd(app, credential.deletedAt) <= app.clock.now()) await runPurge(app, credential);
}

async function deliverLateEvents(app: App, project: string): Promise<void> {
  const limit = 1000;
  const rows = await app.records.range(projectPartition(project), { ...rowsFrom(EVENTS), limit });
  const late = app.clock.now().getTime() - EVENT_IS_LATE_AFTER;
  for (const { row, fields } of rows) {
    if (timeOf(fields['at']) <= late) await deliverEvent(app, project, row.slice(EVENTS.length));
  }
}

/** Their order says nothing of their age, so all are read. */
async function forgetIdempotencyKeys(app: App, project: string): Promise<void> {
  const partition = projectPartition(project);
  const now = app.clock.now().getTime();
  for await (const rows of pagesOf(app, partition, rowsFrom(IDEMPOTENCY_KEYS))) {
    const past = rows.filter(({ fields }) => timeOf(fields['expiresAt']) <= now);
    await deleteRows(app, partition, past);
  }
}

/** Milliseconds of a stored time; one that cannot be read has long passed. */
function timeOf(stored: Json | undefined): number {
  return typeof stored === 'string' ? new Date(stored).getTime() : 0;
}
