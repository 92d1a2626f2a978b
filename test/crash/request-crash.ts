import { expect } from 'vitest';
import type { Reply } from '../service.ts';
import { countedCalls, type Call } from './crash-plan.ts';
import { disagreements } from './outside.ts';
import { pointsOf } from './points.ts';
import { HOUR_SECONDS, openProgram, type Program } from './program.ts';
import type { OpenStage } from './stage.ts';

/** A request that changes something, and how to see whether it did. */
export interface ChangeStory<Subject> {
  /** The function that answers it. */
  functionName: string;
  prepare(program: Program, number: number): Promise<Subject>;
  change(program: Program, subject: Subject): Promise<Reply>;
  /** True: the change is wholly there. False: nothing of it. Throws for anything else. */
  isDone(program: Program, subject: Subject): Promise<boolean>;
}

/**
 * Ends the process before and after each call to the stores that the request makes, each time with a subject of its own,
 * then lets a new process tidy up an hour later, and looks at what is there.
 */
export async function crashEverywhere<Subject>(open: OpenStage, story: ChangeStory<Subject>): Promise<void> {
  await using stage = await open();
  await using program = openProgram(stage);
  const clean = await story.prepare(program, 0);
  const points = pointsOf(story.functionName, await runCleanly(program, story, clean));
  const subjects: Subject[] = [];
  for (const [index] of points.entries()) subjects.push(await story.prepare(program, index + 1));

  for (const [index, plan] of points.entries()) {
    await program.service();
    program.set({ offsetSeconds: 0, plan });
    const reply = await answerOf(story.change(program, subjects[index] as Subject));
    expect({ point: plan.label, reply }).toEqual({ point: plan.label, reply: undefined });
    await program.died();
  }
  program.set({ offsetSeconds: HOUR_SECONDS });
  expect(await program.settle(), 'what was left to do').toEqual([]);
  expect(await disagreements(stage)).toEqual([]);

  expect(await story.isDone(program, clean), 'what was acknowledged, before a kill').toBe(true);
  const done: boolean[] = [];
  for (const [index, { label }] of points.entries()) {
    done.push(
      await story.isDone(program, subjects[index] as Subject).catch((cause: unknown) => {
        throw new Error(`After a crash of ${label}: ${(cause as Error).message}`, { cause });
      }),
    );
  }
  // Else the crashes would all have been on one side of the commit, and shown little.
  expect(new Set(done)).toEqual(new Set([false, true]));
  expect(done, 'once done, later crashes undo nothing').toEqual(done.toSorted((a, b) => Number(a) - Number(b)));
}

/** Runs the change once, and kills the process as soon as it has answered. Answers the calls that it took. */
async function runCleanly<Subject>(program: Program, story: ChangeStory<Subject>, subject: Subject): Promise<Call[]> {
  const service = await program.service();
  program.set({ offsetSeconds: 0, plan: { functionName: story.functionName, moment: 'before', call: 0 } });
  const reply = await story.change(program, subject);
  await program.kill();
  program.set({ offsetSeconds: 0 });
  expect({ ...reply, isDone: reply.status < 300 }).toMatchObject({ isDone: true });
  return countedCalls(service.output());
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
