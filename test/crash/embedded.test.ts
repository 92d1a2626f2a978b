import { describe } from 'vitest';
import { describeCrashes } from './describe-crashes.ts';
import { openEmbeddedStage } from './stages/embedded.ts';

describe('with SQLite and local secrets', () => {
  describeCrashes(openEmbeddedStage);
});
