import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Service } from '../service.ts';
import { temporaryFolder } from '../stores/temporary-folder.ts';
import { countedCalls } from './crash-plan.ts';
import { HOUR_SECONDS, settle, startCrashing, type CrashingOptions } from './crashing-service.ts';
import { pointsOf } from './points.ts';

/** What is left to the clock and the workers. */
export interface WorkStory<Subject> {
  /** The functions that do it; each is killed at each of its calls. */
  functionNames: string[];
  /** When it falls due. */
  dueSeconds: number;
  /** How much later another process takes the work up; an hour if left out. */
  laterSeconds?: number;
  /** Leaves the work behind, with a process of its own. */
  prepare(start: (options?: CrashingOptions) => Promise<Service>): Promise<Subject>;
  /** Throws unless the data folder, which no process has open any more, is as it should be in the end. */
  expectDone(data: string, subject: Subject): Promise<void>;
}

/** Ends the process before and after each call of the workers, each time on a fresh copy of the same data, and lets another one end the work. */
export async function crashWorkersEverywhere<Subject>(story: WorkStory<Subject>): Promise<void> {
  await using folder = await temporaryFolder();
  const prepared = join(folder.path, 'prepared');
  await mkdir(prepared);
  const subject = await story.prepare((options) => startCrashing(prepared, options));
  const copyOf = async (name: string) => {
    const copy = join(folder.path, name);
    await cp(prepared, copy, { recursive: true });
    return copy;
  };

  for (const functionName of story.functionNames) {
    const clean = await copyOf(`${functionName}-clean`);
    const { calls } = await runWorkers(clean, story.dueSeconds, { functionName, moment: 'before', call: 0 });
    await story.expectDone(clean, subject);
    expect(calls).not.toEqual([]);

    for (const plan of pointsOf(functionName, calls)) {
      const data = await copyOf(`${functionName}-${plan.moment}-${plan.call}`);
      const { left } = await runWorkers(data, story.dueSeconds, plan);
      const end = await runWorkers(data, story.dueSeconds + (story.laterSeconds ?? HOUR_SECONDS));
      expect({ point: plan.label, left: end.left }).toEqual({ point: plan.label, left: [] });
      await story.expectDone(data, subject).catch((cause: unknown) => {
        throw new Error(`After a crash of ${plan.label}, which left ${left.length}: ${(cause as Error).message}`, { cause });
      });
    }
  }
}

/** Answers what they left undone, and the calls that were counted. */
async function runWorkers(
  data: string,
  offsetSeconds: number,
  plan?: CrashingOptions['plan'],
): Promise<{ left: string[]; calls: string[] }> {
  await using service = await startCrashing(data, { offsetSeconds, ...(plan && { plan }) });
  const left = await settle(service, offsetSeconds);
  await service.stop();
  return { left, calls: countedCalls(service.output()) };
}
