import { resolve } from 'node:path';
import { startService, type Service } from '../service.ts';
import { writePlan, type CrashPlan } from './crash-plan.ts';
import { leftToDo } from './outside.ts';

export const HOUR_SECONDS = 3600;

/** The shortest retention that a service takes. */
export const RETENTION_DAYS = 7;

/** Some hundred processes start, one after the other: each compiles a third less when it finds what the first ones left. */
const COMPILE_CACHE = resolve(import.meta.dirname, '../../node_modules/.cache/crash-tests');

/** Milliseconds until work that is due must be done. */
const SETTLE_LIMIT = 20_000;

export interface CrashingOptions {
  plan?: CrashPlan;
  /** How far the clock is ahead. */
  offsetSeconds?: number;
}

/** The program of `start.ts` on a data folder that stays. */
export function startCrashing(data: string, { plan, offsetSeconds = 0 }: CrashingOptions = {}): Promise<Service> {
  return startService({
    program: 'test/crash/start.ts',
    data,
    environment: {
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      REGCRED_RETENTION_DAYS: String(RETENTION_DAYS),
      REGCRED_CLOCK_OFFSET: String(offsetSeconds),
      ...(plan && { REGCRED_CRASH: writePlan(plan) }),
    },
  });
}

/**
 * Lets the clock and the workers do all that is due, or the process end before that. Answers what was left undone, which
 * should be nothing.
 */
export async function settle(service: Service, offsetSeconds: number): Promise<string[]> {
  let isEnded = false;
  void service.ended.then(() => (isEnded = true));
  const end = Date.now() + SETTLE_LIMIT;
  for (const timer of ['tick', 'sweep']) {
    // A process that ends under the request is what some tests are after.
    await service.trigger(timer).catch((error: unknown) => {
      if (!(error instanceof TypeError)) throw error;
    });
  }
  for (;;) {
    const left = leftToDo(service.data, new Date(Date.now() + offsetSeconds * 1000));
    if (left.length === 0 || isEnded || Date.now() > end) return left;
    await new Promise((next) => setTimeout(next, 25));
  }
}
