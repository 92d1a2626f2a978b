import { defineConfig } from 'vitest/config';

/** For programs that count: a file that gets vitest's JSON report. */
const { TEST_REPORT } = process.env;
const report: [string, { outputFile: string }][] = TEST_REPORT ? [['json', { outputFile: TEST_REPORT }]] : [];

export default defineConfig({
  test: {
    reporters: ['default', './test/contract/contract-reporter.ts', './test/peers/missing-peers-reporter.ts', ...report],
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/quiet-log.ts'],
    // Two workers: several suites start real registries, and a small machine should stay responsive.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
