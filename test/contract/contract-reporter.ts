import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';
import { contractTables, type CaseResult } from './contract-table.ts';
import { verdictTable, type VerdictResult } from './method/verdict-table.ts';
import './trait.ts';

/** Prints, in the closing lines of a run, what each implementation of a port made of its contract, and what checks said of each method. */
export default class ContractReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap(({ children }) => [...children.allTests()]);
    const cases = tests.flatMap((test) => resultOf(test) ?? []);
    if (cases.length > 0)
      process.stdout.write(`Cases of each contract that passed, by operation and implementation:\n\n${contractTables(cases)}\n`);
    const verdicts = tests.flatMap((test) => verdictOf(test) ?? []);
    if (verdicts.length > 0) process.stdout.write(`What a check said, by method and login:\n\n${verdictTable(verdicts)}\n`);
  }
}

/** Undefined for a test in which no check was judged. */
function verdictOf(test: TestCase): VerdictResult | undefined {
  const { verdict } = test.meta();
  return verdict && { ...verdict, hasPassed: test.result().state === 'passed' };
}

/** Undefined for a test that belongs to no contract. */
function resultOf(test: TestCase): CaseResult | undefined {
  const suites = suitesOf(test);
  const top = suites.findIndex((suite) => suite.meta().contract);
  const contract = suites[top]?.meta().contract;
  if (!contract) return undefined;
  const { state } = test.result();
  const missing = [test, ...suites].flatMap((task) => task.meta().missingTrait ?? task.meta().missingPeers ?? []);
  return {
    ...contract,
    operation: suites[top + 1]?.name ?? test.name,
    name: test.name,
    // One that is still pending was interrupted.
    outcome: state === 'pending' ? 'failed' : state,
    ...(missing.length > 0 && { missing: [...new Set(missing)].join(', ') }),
  };
}

/** From the outside in. */
function suitesOf(test: TestCase): TestSuite[] {
  const suites: TestSuite[] = [];
  for (let { parent } = test as { parent: TestSuite | TestModule }; parent.type === 'suite'; { parent } = parent)
    suites.unshift(parent);
  return suites;
}
