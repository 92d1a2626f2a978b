import { startVitest, type TestCase } from 'vitest/node';
import { exactly } from './measure.ts';
import type { Line } from './table.ts';

/**
 * Upstream requests of a check against the least, for every method: as counted by the contract of methods, which also says
 * what each request is for. So a method that joined the contract is in this table, too.
 */
export async function requestFigures(): Promise<Line[]> {
  const vitest = await startVitest(['test/contract/method/'], {
    watch: false,
    testNamePattern: 'asks no more than its product needs to know',
    reporters: [{}],
  });
  const tests = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
  await vitest.close();
  const lines = tests.flatMap(lineOf);
  if (lines.length === 0) throw new Error('The contract of methods has counted nothing');
  return lines.toSorted((a, b) => (a.what < b.what ? -1 : 1));
}

/** None for a test that did not run. Throws for one that ended before it had counted. */
function lineOf(test: TestCase): Line[] {
  const { requests } = test.meta();
  if (!requests && test.result().state === 'failed') throw new Error(`${test.fullName} did not come to an end`);
  if (!requests) return [];
  const { method, sent, least } = requests;
  return [{ what: `requests of a check, ${method}`, goal: 1, unit: 'requests', found: exactly(sent, least) }];
}
