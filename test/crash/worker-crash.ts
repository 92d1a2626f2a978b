import { expect } from 'vitest';
import { countedCalls, type Call, type CrashPlan } from './crash-plan.ts';
import { disagreements } from './outside.ts';
import { pointsOf } from './points.ts';
import { HOUR_SECONDS, openProgram, type Program } from './program.ts';
import type { OpenStage, Stage } from './stage.ts';

/** What is left to a timer and the workers. */
export interface WorkStory<Subject> {
  timer: 'tick' | 'sweep';
  /** The functions that do it; each is killed at each of its calls. */
  functionNames: string[];
  /** When it falls due, from when it was left behind. */
  dueSeconds: number;
  /** How much later another process takes it up; an hour if left out. */
  laterSeconds?: number;
  /** Leaves the work behind, and nothing else to do. The clock is that of the system. */
  prepare(program: Program, number: number): Promise<Subject>;
  /** Throws unless all is as it should be in the end. */
  expectDone(stage: Stage, subject: Subject): Promise<void>;
}

/** Ends the process before and after each call of the workers, each time with a subject of its own, and lets another one end the work. */
export async function crashWorkersEverywhere<Subject>(open: OpenStage, story: WorkStory<Subject>): Promise<void> {
  await using stage = await open();
  await using program = openProgram(stage);
  let subjects = 0;

  for (const functionName of story.functionNames) {
    const prepare = () => {
      program.set({ offsetSeconds: 0 });
      return story.prepare(program, subjects++);
    };
    const clean = await prepare();
    const calls = await runCleanly(program, story, functionName);
    await expectAllDone(program, story, clean);
    expect(calls.filter(({ changes }) => changes)).not.toEqual([]);

    const points = pointsOf(functionName, calls);
    const unreached: string[] = [];
    for (const plan of points) {
      const subject = await prepare();
      if (!(await crash(program, story, plan))) unreached.push(plan.label);
      await expectAllDone(program, story, subject).catch((cause: unknown) => {
        throw new Error(`After a crash of ${plan.label}: ${(cause as Error).message}`, { cause });
      });
    }
    // Of a few, all; else most: else the crashes would have shown little.
    expect(unreached.length, `not reached: ${unreached.join('; ')}`).toBeLessThan(Math.max(1, points.length / 4));
  }
}

async function runCleanly<Subject>(program: Program, story: WorkStory<Subject>, functionName: string): Promise<Call[]> {
  program.forward(story.dueSeconds, { functionName, moment: 'before', call: 0 });
  const service = await program.service();
  await program.run(story.timer);
  await program.quiet();
  return countedCalls(service.output());
}

/** Answers whether the process ended: messages that are worked off side by side do not always take as many calls. */
async function crash<Subject>(program: Program, { dueSeconds, timer }: WorkStory<Subject>, plan: CrashPlan): Promise<boolean> {
  // Before the process starts, if none runs: the first thing that it does is to take up what waits.
  program.forward(dueSeconds, plan);
  await program.run(timer);
  return program.diedOrQuiet();
}

async function expectAllDone<Subject>(program: Program, story: WorkStory<Subject>, subject: Subject): Promise<void> {
  // Whatever a process had taken for itself falls due again.
  program.forward(story.laterSeconds ?? HOUR_SECONDS);
  expect(await program.settle(), 'what was left to do').toEqual([]);
  await story.expectDone(program.stage, subject);
  expect(await disagreements(program.stage)).toEqual([]);
}
