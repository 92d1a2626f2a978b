// Prints how many tests of vitest's JSON report passed and failed. A file that could not be run counts as one failure.
import { readFileSync } from 'node:fs';

const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const broken = testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
);
process.stdout.write(`${numPassedTests} ${numFailedTests + broken.length}\n`);
