/** Where a run ends: at a call of the ports within the runs of one function. */
export interface CrashPlan {
  functionName: string;
  moment: 'before' | 'after';
  /** Its number, counted from 1 (0: nowhere, the calls are only counted), or the first one of a name such as `secrets.put`. */
  call: number | string;
}

/** As it stands in REGCRED_CRASH: `create-credential:before:3`. */
export function writePlan({ functionName, moment, call }: CrashPlan): string {
  return `${functionName}:${moment}:${call}`;
}

/** Throws an Error for a text that `writePlan` did not write. */
export function readPlan(text: string): CrashPlan {
  const [, functionName = '', moment, call = ''] = /^([a-z-]+):(before|after):([\w.]+)$/.exec(text) ?? [];
  if (moment !== 'before' && moment !== 'after') throw new Error(`REGCRED_CRASH: "${text}" is no plan`);
  return { functionName, moment, call: /^\d+$/.test(call) ? Number(call) : call };
}

/** What the program prints for each call that it counts. */
const COUNTED = 'crash: call ';

export function countedLine(call: number, name: string): string {
  return `${COUNTED}${call} ${name}`;
}

/** The names of the calls that a program has counted, in their order. */
export function countedCalls(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith(COUNTED))
    .map((line) => line.slice(COUNTED.length).replace(/^\d+ /, ''));
}
