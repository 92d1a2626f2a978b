import { expect, test } from 'vitest';
import { verdictTable, type VerdictResult } from './verdict-table.ts';

test('the table of verdicts shows what was said, what should not have been, and what nobody asked', () => {
  const results: VerdictResult[] = [
    { method: 'ghcr/token', given: 'right', verdict: 'valid', hasPassed: true },
    { method: 'ghcr/token', given: 'wrong', verdict: 'valid', hasPassed: false },
    { method: 'ghcr/token', given: 'down', verdict: 'unreachable', hasPassed: true },
    { method: 'ghcr/token', given: 'down', verdict: 'unreachable', hasPassed: true },
    { method: 'acr/admin', given: 'right', verdict: 'valid', hasPassed: true },
  ];

  expect(verdictTable(results)).toBe(
    [
      '| method     | right | wrong        | expired | insufficient | down        |',
      '| ---------- | ----- | ------------ | ------- | ------------ | ----------- |',
      '| acr/admin  | valid | -            | -       | -            | -           |',
      '| ghcr/token | valid | valid FAILED | -       | -            | unreachable |',
      '',
    ].join('\n'),
  );
});
