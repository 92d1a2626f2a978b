import type { Reporter, TestModule } from 'vitest/node';

/** Names, in the closing lines of a run, the peers whose absence kept tests from running. */
export default class MissingPeersReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const missing = new Set(
      modules
        .flatMap(({ children }) => [...children.allSuites(), ...children.allTests()])
        .flatMap((task) => task.meta().missingPeers ?? []),
    );
    if (missing.size > 0) process.stdout.write(`Peers missing, their tests did not run: ${[...missing].toSorted().join(', ')}\n`);
  }
}
