import type { CrashPlan } from './crash-plan.ts';

export interface Point extends CrashPlan {
  /** For people: `before call 3, secrets.put`. */
  label: string;
}

/** Calls that leave everything as it was. */
const READS = new Set(['records.get', 'records.range', 'secrets.get', 'secrets.find']);

/**
 * Before and after each of these calls, less what finds the stores in the same state: reading changes nothing, so the
 * moments around reads that follow each other are one.
 */
export function pointsOf(functionName: string, calls: string[]): Point[] {
  return calls.flatMap((name, index) => {
    return momentsOf(name, calls[index - 1]).map((moment) => ({
      functionName,
      moment,
      call: index + 1,
      label: `${functionName}: ${moment} call ${index + 1}, ${name}`,
    }));
  });
}

function momentsOf(name: string, previous: string | undefined): CrashPlan['moment'][] {
  if (!READS.has(name)) return ['before', 'after'];
  return previous !== undefined && READS.has(previous) ? [] : ['before'];
}
