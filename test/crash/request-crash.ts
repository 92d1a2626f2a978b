import { expect } from 'vitest';
import type { Reply, Service } from '../service.ts';
import { temporaryFolder } from '../stores/temporary-folder.ts';
import { countedCalls } from './crash-plan.ts';
import { HOUR_SECONDS, settle, startCrashing } from './crashing-service.ts';
import { disagreements } from './outside.ts';
import { pointsOf } from './points.ts';

/** A request that changes something, and how to see whether it did. */
export interface ChangeStory<Subject> {
  /** The function that answers it. */
  functionName: string;
  prepare(service: Service, number: number): Promise<Subject>;
  change(service: Service, subject: Subject): Promise<Reply>;
  /** True: the change is wholly there. False: nothing of it. Throws for anything else. */
  isDone(service: Service, subject: Subject): Promise<boolean>;
}

/**
 * Ends the process before and after each call that the request makes to the stores, each time with a subject of its own,
 * then lets a new process tidy up an hour later, and looks at what is there.
 */
export async function crashEverywhere<Subject>(story: ChangeStory<Subject>): Promise<void> {
  await using folder = await temporaryFolder();
  const [clean] = await prepareMany(folder.path, story, 0, 1);
  const calls = await runCleanly(folder.path, story, clean as Subject);
  const points = pointsOf(story.functionName, calls);
  const subjects = await prepareMany(folder.path, story, 1, points.length);

  for (const [index, plan] of points.entries()) {
    await using service = await startCrashing(folder.path, { plan });
    const reply = await answerOf(story.change(service, subjects[index] as Subject));
    expect({ point: plan.label, reply }).toEqual({ point: plan.label, reply: undefined });
    await service.ended;
  }
  expect(await tidyUp(folder.path), 'what was left to do').toEqual([]);
  expect(await disagreements(folder.path)).toEqual([]);

  await using service = await startCrashing(folder.path, { offsetSeconds: HOUR_SECONDS });
  expect(await story.isDone(service, clean as Subject), 'what was acknowledged, before a kill').toBe(true);
  const done: boolean[] = [];
  for (const [index, { label }] of points.entries()) {
    done.push(
      await story.isDone(service, subjects[index] as Subject).catch((cause: unknown) => {
        throw new Error(`After a crash of ${label}: ${(cause as Error).message}`, { cause });
      }),
    );
  }
  // Else the crashes would all have been on one side of the commit, and shown little.
  expect(new Set(done)).toEqual(new Set([false, true]));
  expect(done, 'once done, later crashes undo nothing').toEqual(done.toSorted((a, b) => Number(a) - Number(b)));
}

async function prepareMany<Subject>(data: string, story: ChangeStory<Subject>, first: number, count: number): Promise<Subject[]> {
  await using service = await startCrashing(data);
  const subjects: Subject[] = [];
  for (let number = first; number < first + count; number += 1) subjects.push(await story.prepare(service, number));
  await service.stop();
  return subjects;
}

/** Runs the change once, and kills the process as soon as it has answered. Answers the calls that it took. */
async function runCleanly<Subject>(data: string, story: ChangeStory<Subject>, subject: Subject): Promise<string[]> {
  await using service = await startCrashing(data, { plan: { functionName: story.functionName, moment: 'before', call: 0 } });
  const reply = await story.change(service, subject);
  await service.kill();
  expect({ ...reply, isDone: reply.status < 300 }).toMatchObject({ isDone: true });
  return countedCalls(service.output());
}

async function tidyUp(data: string): Promise<string[]> {
  await using service = await startCrashing(data, { offsetSeconds: HOUR_SECONDS });
  const left = await settle(service, HOUR_SECONDS);
  await service.stop();
  return left;
}

/** Undefined if the connection broke, as it does when the process ends. */
async function answerOf(reply: Promise<Reply>): Promise<Reply | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
