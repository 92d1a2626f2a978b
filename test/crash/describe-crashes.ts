import { describe } from 'vitest';
import { describeChanges } from './scenarios/changes.ts';
import { describeMoves, type Way } from './scenarios/moves.ts';
import { describeRemoval } from './scenarios/removal.ts';
import { describeRetention } from './scenarios/retention.ts';
import { describeTidying } from './scenarios/tidying.ts';
import type { OpenStage } from './stage.ts';

/** Milliseconds for some fifty processes, one after the other, on a busy machine. */
const LIMIT = 400_000;

/** What a kill at any moment must not do: one line in a test file runs it on a further set of stores, with a move if it has two for secrets. */
export function describeCrashes(open: OpenStage, way?: Way): void {
  describe('a process that is killed before or after each step', { timeout: LIMIT }, () => {
    describeChanges(open);
    if (way) describeMoves(open, way);
    describeRemoval(open);
    describeRetention(open);
    describeTidying(open);
  });
}
