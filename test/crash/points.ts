import type { CrashPlan } from './crash-plan.ts';

export interface Point extends CrashPlan {
  /** For people: `before call 3, secrets.put`. */
  label: string;
}

/** Before and after each of these calls. */
export function pointsOf(functionName: string, calls: string[]): Point[] {
  return calls.flatMap((name, index) =>
    (['before', 'after'] as const).map((moment) => ({
      functionName,
      moment,
      call: index + 1,
      label: `${functionName}: ${moment} call ${index + 1}, ${name}`,
    })),
  );
}
