import { after, MINUTE, SECOND } from '../lib/clock.ts';
import { isOutage } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import type { App } from './app.ts';
import { driftTurn } from './drift-turn.ts';
import { endImport, forgetImport, importTurn } from './import-turn.ts';
import { deleteParts, findJob, saveJob, sendTurn, TURN_LIMIT, type Job, type JobKind, type StoredJob, type Turn } from './job.ts';
import { RowConflict, type Fields } from './ports.ts';
import type { Due } from './schedule.ts';

/** How long a job waits when something is down. */
const OUTAGE_PAUSE = MINUTE;

interface Work {
  /** Does a part of what is left, and may be cut off at any point: then the next turn does it again. */
  turn(app: App, job: Job): Promise<Turn>;
  /** The time is over: writes down what was not done, and leaves nothing behind. */
  giveUp(app: App, job: Job): Promise<Fields>;
}

const kinds: Record<JobKind, Work> = {
  import: { turn: importTurn, giveUp: endImport },
  // What it could not do in time says its report, which stays empty.
  'drift-check': { turn: driftTurn, giveUp: async (_app, { data }) => data },
};

/** The message kind `job`: the turn that it names, unless another worker has begun it. */
export async function runJob(app: App, address: Pick<Job, 'project' | 'id' | 'turn'>): Promise<void> {
  const found = await findJob(app, address);
  if (!found || found.job.endedAt || found.job.turn !== address.turn) return;
  await runTurn(app, found);
}

/** The due kind `job`: goes on with one whose worker or message was lost. Answers whether it must be looked after further. */
export async function watchOver(app: App, due: Due): Promise<'again' | undefined> {
  const found = await findJob(app, due);
  if (!found) return forgetUnbegun(app, due);
  if (found.job.endedAt) return undefined;
  if (after(new Date(found.job.turnAt), TURN_LIMIT) <= app.clock.now()) await runTurn(app, found);
  return 'again';
}

/** A request that ended half-way leaves what it had written before the job began. */
async function forgetUnbegun(app: App, due: Due): Promise<undefined> {
  await forgetImport(app, due.data);
  await deleteParts(app, due);
  return undefined;
}

async function runTurn(app: App, found: StoredJob): Promise<void> {
  const taken = await unlessOvertaken(app, { ...found.job, turn: found.job.turn + 1, turnAt: nowOf(app) }, found.etag);
  if (!taken) return;
  const { job } = taken;
  const kind = kinds[job.kind];
  try {
    const isOver = new Date(job.deadline) <= app.clock.now();
    const { data, goOnAfterSeconds } = isOver ? { data: await kind.giveUp(app, job) } : await kind.turn(app, job);
    const isEnded = goOnAfterSeconds === undefined;
    const saved = await unlessOvertaken(app, { ...job, data, ...(isEnded && { endedAt: nowOf(app) }) }, taken.etag);
    if (saved && !isEnded) await sendTurn(app, job, goOnAfterSeconds);
  } catch (error) {
    // A defect is told as such; the due row tries again until the deadline.
    if (!isOutage(error)) throw error;
    log('warn', 'job.postponed', { project: job.project, id: job.id, error });
    await sendTurn(app, job, OUTAGE_PAUSE / SECOND);
  }
}

/** Undefined if another worker has gone on with the job: then this one has nothing more to say. */
async function unlessOvertaken(app: App, job: Job, etag: string): Promise<StoredJob | undefined> {
  try {
    return await saveJob(app, job, etag);
  } catch (error) {
    if (!(error instanceof RowConflict)) throw error;
    log('warn', 'job.overtaken', { project: job.project, id: job.id });
    return undefined;
  }
}

function nowOf(app: App): string {
  return app.clock.now().toISOString();
}
