import type { Call, CrashPlan } from './crash-plan.ts';

export interface Point extends CrashPlan {
  /** For people: `after call 3, PUT secrets/*`. */
  label: string;
}

/**
 * Before and after each of these calls, each state of the stores once: reading changes nothing, and between the answer to
 * one call and the next call nothing happens. So these are before the first one, and after each that changes something.
 */
export function pointsOf(functionName: string, calls: Call[]): Point[] {
  const after = calls.flatMap(({ name, changes }, index) => (changes ? [pointOf('after', index + 1, name)] : []));
  return calls.length === 0 ? [] : [pointOf('before', 1, calls[0]?.name ?? ''), ...after];

  function pointOf(moment: CrashPlan['moment'], call: number, name: string): Point {
    return { functionName, moment, call, label: `${functionName}: ${moment} call ${call}, ${name}` };
  }
}
