import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A call that leaves the program: of an embedded store, or a request to a remote one. */
export interface Call {
  /** Such as `secrets.put`, `PUT secrets/*` or `PutSecretValue`. */
  name: string;
  /** False: it leaves everything as it was. */
  changes: boolean;
}

/** Where a run ends: at a call within the runs of one function. */
export interface CrashPlan {
  functionName: string;
  moment: 'before' | 'after';
  /** Its number, counted from 1 (0: nowhere, the calls are only counted), or the first one of a name. */
  call: number | string;
}

/** What a test tells a program while it runs. */
export interface Control {
  /** How far the clock is ahead. */
  offsetSeconds: number;
  plan?: CrashPlan;
}

/** All at once, so that a clock that is moved and a plan for what falls due then are seen together. */
export function writeControl(data: string, control: Control): void {
  const file = controlFile(data);
  writeFileSync(`${file}.new`, JSON.stringify(control));
  renameSync(`${file}.new`, file);
}

export function readControl(data: string): Control {
  return JSON.parse(readFileSync(controlFile(data), 'utf8')) as Control;
}

function controlFile(data: string): string {
  return join(data, 'crash.json');
}

/** What the program prints for each call that it counts, and for each run of a function that has ended. */
const COUNTED = 'crash: call ';
const ENDED = 'crash: ended ';

export function countedLine(call: Call): string {
  return `${COUNTED}${JSON.stringify(call)}`;
}

/** The calls that a program has counted, in their order. */
export function countedCalls(output: string): Call[] {
  const lines = output.split('\n').filter((line) => line.startsWith(COUNTED));
  return lines.map((line) => JSON.parse(line.slice(COUNTED.length)) as Call);
}

export function endedLine(functionName: string): string {
  return `${ENDED}${functionName}`;
}

/** How many runs of a function have ended. */
export function endedRuns(output: string, functionName: string): number {
  return output.split('\n').filter((line) => line === endedLine(functionName)).length;
}
