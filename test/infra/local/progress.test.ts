import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { progress } from '../../../infra/local/progress.ts';

function shown(isTTY: boolean, total: number, steps: [number, number][]): string {
  const out = Object.assign(new PassThrough(), { isTTY });
  const bar = progress(out as unknown as NodeJS.WriteStream, total);
  for (const [done, failed] of steps) bar.show(done, failed);
  bar.end();
  return String(out.read() ?? '');
}

describe('the progress', () => {
  test('is a bar that renews itself on a terminal', () => {
    expect(
      shown(true, 4, [
        [1, 0],
        [4, 1],
      ]),
    ).toBe('\r[#######-----------------------]  25 % 1 of 4\r[##############################] 100 % 4 of 4, 1 not moved\n');
  });

  test('is a line for each tenth elsewhere', () => {
    const lines = shown(
      false,
      1000,
      Array.from({ length: 1000 }, (_, at) => [at + 1, 0]),
    ).split('\n');

    expect(lines).toHaveLength(11);
    expect(lines[0]).toBe(' 10 % 100 of 1000');
    expect(lines[9]).toBe('100 % 1000 of 1000');
  });

  test('of nothing is nothing', () => {
    expect(shown(false, 0, [])).toBe('');
    expect(shown(true, 0, [])).toBe('');
  });
});
