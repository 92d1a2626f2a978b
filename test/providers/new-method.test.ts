import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const ALL = 'shared/providers/all.ts';

/** What the project consists of, less what is linked or not needed to run it. */
const PARTS = ['functions', 'shared', 'infra', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts', 'host.json'];
const RULES = ['.oxlintrc.json', '.prettierrc.json'];

/** Milliseconds for the programs that judge the copy; the slowest starts the service and two suites. */
const LIMIT = 240_000;

describe('the method that CONTRIBUTING shows', () => {
  let copy: string;
  let files: Map<string, string>;
  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), 'regcred-new-method-'));
    for (const part of [...PARTS, ...RULES]) await cp(join(ROOT, part), join(copy, part), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    files = filesOf(await readFile(join(ROOT, 'CONTRIBUTING.md'), 'utf8'));
    for (const [path, text] of files) await (path === ALL ? edit(join(copy, path), text) : add(join(copy, path), text));
  });
  afterAll(() => rm(copy, { recursive: true, force: true }));

  /** Runs a program of node_modules in the copy, and answers what it has to say; '' if that is nothing. */
  const run = async (program: string, ...args: string[]) => {
    try {
      const options = { cwd: copy, timeout: LIMIT, env: { ...process.env, TEST_REPORT: '' } };
      await promisify(execFile)(process.execPath, [join(ROOT, 'node_modules', program), ...args], options);
      return '';
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      return `${stdout}${stderr}` || String(error);
    }
  };

  test('touches one file that is there already', () => {
    expect([...files.keys()].filter((path) => existsSync(join(ROOT, path)))).toEqual([ALL]);
    expect(files.size).toBeGreaterThan(3);
  });

  test('compiles, and the linter has nothing to say', { timeout: LIMIT }, async () => {
    expect(await run('typescript/bin/tsc', '--noEmit')).toBe('');
    expect(await run('oxlint/bin/oxlint', '--deny-warnings', 'shared/providers', 'test/contract')).toBe('');
  });

  test('meets the contract, is in the catalog, and takes a create through the API', { timeout: LIMIT }, async () => {
    const suites = ['acme', 'bad-fields', 'catalog'].map((name) => `test/contract/method/${name}.test.ts`);

    expect(await run('vitest/vitest.mjs', 'run', ...suites)).toBe('');
  });
});

/** A path in backticks at the begin of a paragraph, and the code under it. */
function filesOf(text: string): Map<string, string> {
  const chapter = text.split('\n## ').find((part) => part.startsWith('A method from start to end')) ?? '';
  const blocks = chapter.matchAll(/^`([^`]+)`:[^\n]*\n\n```ts\n(.*?)```$/gms);
  return new Map([...blocks].map(([, path = '', code = '']) => [path, code]));
}

async function add(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, { flag: 'wx' });
}

/** The two imports, and what they import into the two lists. */
async function edit(file: string, imports: string): Promise<void> {
  const names = [...imports.matchAll(/import \{ (\w+) \}/g)].map(([, name = '']) => name);
  const [provider, method] = names;
  const before = await readFile(file, 'utf8');
  await writeFile(
    file,
    `${imports}${before}`
      .replace('providers: Provider[] = [', (start) => `${start}${provider}, `)
      .replace('methods: Method[] = [', (start) => `${start}${method}, `),
  );
}
