import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { transform } from 'esbuild';
import { describe, expect, test } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '../..');

/** What runs as it is: tests are for the Node that npm brings, and what is built is lowered. */
const SOURCES = globSync('{functions,shared,infra}/**/*.ts', { cwd: PROJECT });

describe('Node 22, which a machine may have where npm brings none', () => {
  test('can read the whole source', async () => {
    const unreadable: string[] = [];
    for (const file of SOURCES) {
      const text = await readFile(join(PROJECT, file), 'utf8');
      const { code } = await transform(text, { loader: 'ts', target: 'node22' });
      // What esbuild puts in for `using`; the stacks come with it, and nobody puts them in.
      if (/\b__using\b|DisposableStack\b/.test(code)) unreadable.push(file);
    }

    expect(SOURCES.length).toBeGreaterThan(100);
    expect(unreadable).toEqual([]);
  });
});
