/** What each kind of login led to; absent: the product has no such kind. */
export interface VerdictRow {
  key: string;
  right?: string;
  wrong?: string;
  expired?: string;
  insufficient?: string;
  down?: string;
}

/** One row of the matrix that the tests of all methods print. */
export function printVerdicts({ key, right, wrong, expired, insufficient, down }: VerdictRow): void {
  const cells = { right, wrong, expired, insufficient, down };
  const text = Object.entries(cells).map(([name, verdict]) => `${name}: ${verdict || '-'}`);
  console.log(`verdicts | ${key} | ${text.join(' | ')}`);
}
