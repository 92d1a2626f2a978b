import { describe } from 'vitest';
import { describeJobs } from './scenarios/jobs.ts';
import { openEmbeddedStage } from './stages/embedded.ts';

/** Milliseconds for some hundred processes, one after the other, on a busy machine. */
const LIMIT = 600_000;

// A job makes credentials as a create does, and looks at them as a login does: the other stores are no news to it.
describe('a process that is killed before or after each step', { timeout: LIMIT }, () => {
  describeJobs(openEmbeddedStage);
});
