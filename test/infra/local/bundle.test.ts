import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleApp } from '../../../infra/local/bundle.ts';
import { runNode, startFixture } from './fixture/start-fixture.ts';

const FIXTURE = join(import.meta.dirname, 'fixture');

describe('the built folder', () => {
  let folder: string;
  let dist: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bundle-'));
    dist = join(folder, 'dist');
    await bundleApp(FIXTURE, dist);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const files = () => globSync('**/*.js', { cwd: dist }).map((file) => join(dist, file));
  const filesWith = (text: string) => files().filter((file) => readFileSync(file, 'utf8').includes(text));

  test('loads in a worker that gives nothing but @azure/functions-core, and needs no node_modules', async () => {
    const worker = runNode([join(FIXTURE, 'worker.mjs'), dist], { EACH_SECOND: '' }, folder);

    expect([await worker.ended(), worker.output()]).toEqual([0, expect.stringMatching(/^\{.*\}\n$/)]);
    const { functions, loaded } = JSON.parse(worker.output()) as { functions: string[]; loaded: string[] };
    expect(functions).toEqual(expect.arrayContaining(['plain-name', 'body', 'jobs', 'events', 'each-second']));
    expect(loaded.filter((url) => url.includes('node_modules'))).toEqual([]);
  });

  test('has @azure/functions once', () => {
    expect(filesWith('Failed to detect the Azure Functions runtime')).toHaveLength(1);
  });

  test('has the messages of zod in English alone', () => {
    expect(filesWith('Invalid input')).toHaveLength(1);
    expect(filesWith('Ungültige Eingabe')).toEqual([]);
  });

  test('loads a lazy import only when it is asked for', async () => {
    const [lazy] = filesWith('loaded only when asked for');
    const worker = runNode([join(FIXTURE, 'worker.mjs'), dist], {}, folder);
    await worker.ended();

    expect(lazy).toMatch(/chunks/);
    expect(worker.output()).not.toContain(lazy);

    await using app = await startFixture({ env: { FIXTURE_ROOT: dist } });
    expect(await (await fetch(`${app.url}/api/lazy`)).text()).toBe('loaded only when asked for');
  });

  test('says how it is started, and needs nothing installed', async () => {
    expect(JSON.parse(await readFile(join(dist, 'package.json'), 'utf8'))).toEqual({
      name: 'fixture',
      version: '1.0.0',
      private: true,
      type: 'module',
      main: 'app.js',
    });
    expect(await readFile(join(dist, 'host.json'), 'utf8')).toBe(await readFile(join(FIXTURE, 'host.json'), 'utf8'));
  });

  test('keeps nothing of an earlier build', async () => {
    await writeFile(join(dist, 'chunks', 'removed.js'), 'throw new Error("left over")');

    await bundleApp(FIXTURE, dist);

    expect(files()).not.toContain(join(dist, 'chunks', 'removed.js'));
  });
});

describe('regcred, built', () => {
  test('loads in a worker that gives nothing but @azure/functions-core', { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bundle-'));
    await bundleApp(resolve(import.meta.dirname, '../../..'), join(folder, 'dist'));
    const settings = { REGCRED_DATA: join(folder, 'data'), REGCRED_POLICY: '{"projects":[{"name":"p","environments":["e"]}]}' };

    const worker = runNode([join(FIXTURE, 'worker.mjs'), join(folder, 'dist')], settings, folder);

    expect([await worker.ended(), worker.output()]).toEqual([0, expect.stringMatching(/^\{.*\}\n$/)]);
    const { functions, loaded } = JSON.parse(worker.output()) as { functions: string[]; loaded: string[] };
    const sources = globSync('functions/*.ts', { cwd: resolve(import.meta.dirname, '../../..') });
    expect(functions.toSorted()).toEqual(sources.map((file) => basename(file, '.ts')).toSorted());
    expect(loaded.filter((url) => url.includes('node_modules'))).toEqual([]);
    await rm(folder, { recursive: true });
  });
});
