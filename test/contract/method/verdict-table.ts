import { alignedTable } from '../aligned-table.ts';

const CASES = ['right', 'wrong', 'expired', 'insufficient', 'down'] as const;

/** What a check said of one kind of login, or while the registry was down. */
export interface VerdictResult {
  /** Such as `ecr/access-key`. */
  method: string;
  given: (typeof CASES)[number];
  verdict: string;
  /** Whether its test, which knows what is right, passed. */
  hasPassed: boolean;
}

declare module 'vitest' {
  interface TaskMeta {
    verdict?: Omit<VerdictResult, 'hasPassed'>;
  }
}

/** One row per method, one column per kind of login; `-` where the product has no such kind, or does not tell it. */
export function verdictTable(results: VerdictResult[]): string {
  const methods = Map.groupBy(results, ({ method }) => method);
  const rows = [...methods]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([method, ofMethod]) => [method, ...CASES.map((given) => cellOf(ofMethod.filter((result) => result.given === given)))]);
  return alignedTable([['method', ...CASES], ...rows]);
}

function cellOf(results: VerdictResult[]): string {
  const verdicts = results.map(({ verdict, hasPassed }) => (hasPassed ? verdict : `${verdict} FAILED`));
  return [...new Set(verdicts)].join(', ') || '-';
}
