import { alignedTable } from './aligned-table.ts';

/** What came of one case of a contract on one implementation. */
export interface CaseResult {
  port: string;
  implementation: string;
  /** The operation of the port, or the group that the case is in. */
  operation: string;
  name: string;
  outcome: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped. */
  missing?: string;
}

/**
 * For each port, one row per operation and one column per implementation: how many cases passed, and how many did not run,
 * by reason. A case that another implementation of the port has, and this one does not, counts as one that did not run.
 */
export function contractTables(results: CaseResult[]): string {
  const ports = Map.groupBy(results, ({ port }) => port);
  return [...ports]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([port, ofPort]) => tableOf(port, ofPort))
    .join('\n');
}

function tableOf(port: string, results: CaseResult[]): string {
  const implementations = [...new Set(results.map(({ implementation }) => implementation))].toSorted();
  const operations = Map.groupBy(results, ({ operation }) => operation);
  const rows = [...operations].map(([operation, ofOperation]) => {
    const cases = new Set(ofOperation.map(({ name }) => name)).size;
    const cells = implementations.map((one) =>
      cellOf(
        ofOperation.filter(({ implementation }) => implementation === one),
        cases,
      ),
    );
    return [operation, ...cells];
  });
  return alignedTable([[port, ...implementations], ...rows]);
}

/** Such as `3, 1 FAILED, 1 not run (purges)`. */
function cellOf(results: CaseResult[], cases: number): string {
  const count = (outcome: CaseResult['outcome']) => results.filter((result) => result.outcome === outcome).length;
  const skipped = Map.groupBy(
    results.filter(({ outcome }) => outcome === 'skipped'),
    ({ missing }) => missing ?? 'left out',
  );
  const parts = [
    ...(count('passed') > 0 ? [`${count('passed')}`] : []),
    ...(count('failed') > 0 ? [`${count('failed')} FAILED`] : []),
    ...Array.from(skipped, ([reason, { length }]) => `${length} not run (${reason})`),
    ...(results.length < cases ? [`${cases - results.length} not run (not there)`] : []),
  ];
  return parts.join(', ');
}
