/** How often the stores were asked in one run of a function. */
export interface Counts {
  /** Calls of the ports, all stores of secrets together. */
  records: number;
  queue: number;
  secrets: number;
  /** Of those calls, how many had to wait for one another: what is asked at the same time counts once. */
  inTurn: number;
  /** HTTP requests by origin, whoever sent them. */
  requests: Record<string, number>;
}

const COUNTED = 'round trips of ';

/** What the program prints at the end of a run. */
export function countsLine(invocationId: string, counts: Counts): string {
  return `${COUNTED}${invocationId}: ${JSON.stringify(counts)}`;
}

/** What a run came to, once the program has printed it. */
export function countsOf(invocationId: string, output: string): Counts | undefined {
  const start = `${COUNTED}${invocationId}: `;
  const line = output.split('\n').find((text) => text.startsWith(start));
  return line === undefined ? undefined : (JSON.parse(line.slice(start.length)) as Counts);
}
