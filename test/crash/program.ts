import { resolve } from 'node:path';
import { eventually, startService, TEST_POLICY, type Reply, type Service } from '../service.ts';
import { endedRuns, writeControl, type Control, type CrashPlan } from './crash-plan.ts';
import { leftToDo } from './outside.ts';
import type { Stage } from './stage.ts';

export const HOUR_SECONDS = 3600;

/** The shortest retention that a service takes. */
export const RETENTION_DAYS = 7;

/** More than the lease that work has which is put off. */
const LEASE_SECONDS = 16 * 60;

/** How often the work that is due is tried: a store that is slow puts a piece of it off more than once. */
const ROUNDS = 6;

/** Milliseconds that a function, or all messages, may take. */
const LIMIT = 60_000;

/** Some hundred processes start, one after the other: each compiles a third less when it finds what the first ones left. */
const COMPILE_CACHE = resolve(import.meta.dirname, '../../node_modules/.cache/crash-tests');

/** The program of `start.ts` on a stage, which outlasts its processes. */
export interface Program extends AsyncDisposable {
  stage: Stage;
  /** The process that runs; a new one if the last one has ended. */
  service(): Promise<Service>;
  /** Sets the clock, and where the process ends: nowhere if that is left out. */
  set(control: Control): void;
  /** Lets time pass, and sets where the process ends. */
  forward(seconds: number, plan?: CrashPlan): void;
  /** Runs a timer, and waits until it has run or the process has ended. */
  run(timer: string): Promise<void>;
  /** Waits until no message is left. */
  quiet(): Promise<void>;
  /** Waits until the process has ended by itself. */
  died(): Promise<void>;
  /** Waits until the process has ended by itself, or no message is left that could make it. Answers whether it has ended. */
  diedOrQuiet(): Promise<boolean>;
  /** Lets the timers and workers do all that is due, and as much time pass as that takes. Answers what was left undone, which should be nothing. */
  settle(): Promise<string[]>;
  /** Ends the process. */
  kill(): Promise<void>;
}

export function openProgram(stage: Stage): Program {
  let control: Control = { offsetSeconds: 0 };
  let current: { service: Service; isEnded: boolean } | undefined;
  const set = (to: Control) => writeControl(stage.data, (control = to));
  const forward: Program['forward'] = (seconds, plan) => {
    set({ offsetSeconds: control.offsetSeconds + seconds, ...(plan && { plan }) });
  };
  set(control);

  const service = async () => {
    if (!current || current.isEnded) {
      const started = { service: await startOn(stage), isEnded: false };
      void started.service.ended.then(() => (started.isEnded = true));
      current = started;
    }
    return current.service;
  };
  const run = async (timer: string) => {
    const running = await service();
    const before = endedRuns(running.output(), timer);
    // A process that ends under the request is what some tests are after.
    await running.trigger(timer).catch((error: unknown) => {
      if (!(error instanceof TypeError)) throw error;
    });
    await eventually(async () => current?.isEnded || endedRuns(running.output(), timer) > before, LIMIT);
  };
  const quiet = async () => void (await eventually(async () => (await stage.messages()).length === 0, LIMIT));

  return {
    stage,
    service,
    set,
    forward,
    run,
    quiet,
    died: async () => void (await eventually(async () => current?.isEnded, LIMIT)),
    async diedOrQuiet() {
      await eventually(async () => current?.isEnded || (await stage.messages()).length === 0, LIMIT);
      return current?.isEnded === true;
    },
    async settle() {
      for (let round = 1; ; round++) {
        for (const timer of ['tick', 'sweep']) await run(timer);
        await quiet();
        const left = await leftToDo(stage, new Date(Date.now() + control.offsetSeconds * 1000));
        if (left.length === 0 || round === ROUNDS) return left;
        stage.finish();
        forward(LEASE_SECONDS);
      }
    },
    kill: async () => current?.service.kill(),
    [Symbol.asyncDispose]: async () => {
      // A process that ends by itself leaves what it has compiled for the next ones.
      await current?.service.stop();
      await current?.service[Symbol.asyncDispose]();
    },
  };
}

function startOn({ data, environment, policy }: Stage): Promise<Service> {
  return startService({
    program: 'test/crash/start.ts',
    data,
    policy: { network: { ...TEST_POLICY.network, ...policy.network } },
    environment: { NODE_COMPILE_CACHE: COMPILE_CACHE, REGCRED_RETENTION_DAYS: String(RETENTION_DAYS), ...environment },
  });
}

/** Asks again, once the store has done what it was busy with for this secret, as its 503 says. */
export async function patiently(program: Program, secret: string, ask: (service: Service) => Promise<Reply>): Promise<Reply> {
  for (let tries = 1; ; tries++) {
    const reply = await ask(await program.service());
    if (reply.status !== 503 || tries === ROUNDS) return reply;
    program.stage.finish(secret);
  }
}
