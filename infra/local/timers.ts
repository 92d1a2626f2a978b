import { Cron } from 'croner';
import { resolveBindingExpression } from './binding-expression.ts';
import type { LoadedFunction } from './functions.ts';
import type { Invoker } from './invoke.ts';

export interface Timer {
  /** Runs the function once, after the run that is under way, if one is. */
  run(): Promise<void>;
  stop(): void;
}

/** What the platform reports for a time that has not been yet. */
const NEVER = '0001-01-01T00:00:00.000Z';

/** From this delay on, a run stands for an occurrence that was missed, as after a laptop's sleep. */
const PAST_DUE_MILLISECONDS = 1000;

/**
 * Starts a timer of NCRONTAB fields, in UTC. A run that outlasts its interval swallows the occurrences meanwhile; two runs
 * never overlap. Throws an Error that names the function if its schedule cannot be read.
 *
 * https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
 */
export function startTimer(fn: LoadedFunction, invoker: Invoker): Timer {
  const { schedule, runOnStartup } = fn.trigger.settings as { schedule?: string; runOnStartup?: boolean };
  const cron = parseSchedule(resolveBindingExpression(schedule ?? '', fn.name), fn.name);
  const status = { Last: NEVER, Next: nextRun(cron), LastUpdated: NEVER };
  let latest: Promise<void> = Promise.resolve();

  async function invoke(): Promise<void> {
    const now = new Date();
    const isPastDue = now.getTime() - Date.parse(status.Next) > PAST_DUE_MILLISECONDS;
    const timer = { Schedule: { AdjustForDST: true }, ScheduleStatus: status, IsPastDue: isPastDue };
    await invoker.invoke(fn, { data: { json: JSON.stringify(timer) } });
    Object.assign(status, { Last: now.toISOString(), Next: nextRun(cron), LastUpdated: new Date().toISOString() });
  }

  function run(): Promise<void> {
    latest = latest.then(invoke);
    return latest;
  }

  cron.schedule(run);
  if (runOnStartup) void run();
  return { run, stop: () => cron.stop() };
}

function parseSchedule(schedule: string, functionName: string): Cron {
  try {
    // An offset rather than a time zone, whose calendar takes some 10 ms to load at every start.
    // NCRONTAB wants day and day of week both to fit, unlike most crons. `protect` lets no run overlap the one before.
    return new Cron(schedule, { utcOffset: 0, mode: '5-or-6-parts', domAndDow: true, protect: true, paused: false });
  } catch (error) {
    throw new Error(`Function "${functionName}": the schedule "${schedule}" cannot be read`, { cause: error });
  }
}

function nextRun(cron: Cron): string {
  return cron.nextRun()?.toISOString() ?? NEVER;
}
