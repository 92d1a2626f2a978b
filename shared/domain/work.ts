import { z } from 'zod';
import { isOutage } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import type { App } from './app.ts';
import { warnOnce } from './change-status.ts';
import { readCredential } from './credential.ts';
import { deliverEvent } from './events.ts';
import { credentialRow, projectPartition } from './rows.ts';
import { runPurge } from './purge.ts';
import { runJob, watchOver } from './run-job.ts';
import { runReminder } from './reminder.ts';
import { readDue, unschedule, type Due } from './schedule.ts';
import { runScheduledCheck } from './scheduled-check.ts';
import { sweepProject } from './sweep.ts';
import { runCleanup } from './tidy.ts';

/** What the queue `work` carries: names of things, so that a message that comes twice, or late, does no harm. */
const WorkMessage = z.discriminatedUnion('kind', [
  z.object({ v: z.literal(1), kind: z.literal('event'), project: z.string(), id: z.string() }),
  z.object({ v: z.literal(1), kind: z.literal('due'), row: z.string() }),
  z.object({ v: z.literal(1), kind: z.literal('job'), project: z.string(), id: z.string(), turn: z.int() }),
  z.object({ v: z.literal(1), kind: z.literal('sweep'), project: z.string(), after: z.string() }),
]);

/** Handles one message. A throw brings it back; after `maxDequeueCount` it is poison. */
export async function work(app: App, message: unknown): Promise<void> {
  const parsed = WorkMessage.parse(message);
  switch (parsed.kind) {
    case 'event':
      return deliverEvent(app, parsed.project, parsed.id);
    case 'due':
      return runDue(app, parsed.row);
    case 'job':
      return runJob(app, parsed);
    case 'sweep':
      return sweepProject(app, parsed.project, parsed.after);
  }
}

async function runDue(app: App, row: string): Promise<void> {
  const due = await readDue(app, row);
  if (!due) return;
  try {
    if ((await perform(app, due)) === 'again') return;
  } catch (error) {
    if (!isOutage(error)) throw error;
    // The row falls due again when its lease ends: an outage is no reason for a poison message.
    log('warn', 'work.postponed', { kind: due.kind, project: due.project, id: due.id, error });
    return;
  }
  await unschedule(app, row);
}

/** `again`: the row stays, and falls due when its lease ends. */
async function perform(app: App, due: Due): Promise<'again' | void> {
  switch (due.kind) {
    case 'cleanup':
      return runCleanup(app, due);
    case 'purge':
      return runPurge(app, due);
    case 'check':
      return runScheduledCheck(app, due);
    case 'remind':
      return runReminder(app, due);
    case 'job':
      return watchOver(app, due);
  }
}

/**
 * A message that failed too often: it is told, with the names it carries, and the credential is marked, so that somebody
 * looks at it. What was due stays due and comes again, except a check: the next one is planned already, and each run may
 * be a login at somebody's registry.
 */
export async function buryMessage(app: App, message: unknown): Promise<void> {
  const parsed = WorkMessage.safeParse(message);
  log('error', 'work.poison', parsed.success ? { message: parsed.data } : { detail: 'not a message of this service' });
  if (!parsed.success || parsed.data.kind !== 'due') return;
  const { row } = parsed.data;
  const due = await readDue(app, row);
  if (!due) return;
  await noteFailedWork(app, due);
  if (due.kind === 'check') await unschedule(app, row);
}

async function noteFailedWork(app: App, { kind, project, id }: Due): Promise<void> {
  const row = await app.records.get(projectPartition(project), credentialRow(id));
  if (!row) return;
  const warning = {
    code: 'WORK_FAILED',
    detail: `The work ${kind} failed again and again.`,
    hint: 'The log says why, under work.poison and the request id of its runs.',
  };
  await warnOnce(app, readCredential(row).credential, warning, { data: { kind } });
}
