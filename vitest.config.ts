import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    reporters: ['default', './test/peers/missing-peers-reporter.ts'],
    include: ['test/**/*.test.ts'],
    // Two workers: several suites start real registries, and a small machine should stay responsive.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
