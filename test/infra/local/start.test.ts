import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runNode, type Program } from './fixture/start-fixture.ts';

const LOCAL = resolve(import.meta.dirname, '../../../infra/local');
const FIXTURE = join(import.meta.dirname, 'fixture');

describe('npm start', () => {
  let folder: string;
  const programs: Program[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'start-'));
  });
  afterEach(async () => {
    for (const program of programs.splice(0)) await program.end('SIGKILL');
    await rm(folder, { recursive: true });
  });

  /** Starts the fixture app in an empty folder, as `npm start -- fixture` would. */
  function start(env: NodeJS.ProcessEnv = {}, node: string[] = []): Program {
    const args = [...node, '-r', join(LOCAL, 'prepare-node.cjs'), join(LOCAL, 'start.ts'), FIXTURE];
    const program = runNode(args, { REGCRED_PORT: '0', EACH_SECOND: '0 0 0 1 1 *', ...env }, folder);
    programs.push(program);
    return program;
  }

  test('says where it runs and where the data is, and gives two lines to paste', async () => {
    const program = start();

    const url = await program.waitFor(/^regcred runs at (http:\/\/localhost:\d+)$/m);
    await program.waitFor(/credentials$/m);

    expect(program.output()).toContain(join(folder, '.regcred'));
    expect(program.output()).toMatch(/^ {2}TOKEN=\$\(npm run -s token\)$/m);
    expect(program.output()).toContain(`  curl -H "Authorization: Bearer $TOKEN" ${url}/api/projects/default/credentials\n`);
    expect((await fetch(`${url}/api/plain-name`)).status).toBe(200);
  });

  test('makes a data folder for its owner alone, with a policy to edit', async () => {
    await start().waitFor(/^regcred runs/m);

    const data = join(folder, '.regcred');
    const modes = await Promise.all(['', 'host.key', 'issuer.key.json', 'policy.json'].map((name) => stat(join(data, name))));
    expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(['700', '600', '600', '600']);
    expect(JSON.parse(await readFile(join(data, 'policy.json'), 'utf8'))).toEqual({
      projects: [{ name: 'default', environments: ['dev', 'staging', 'prod'] }],
      network: { relaxed: { 'localhost:5000': ['plain-http', 'loopback'], '127.0.0.1:5000': ['plain-http', 'loopback'] } },
    });
  });

  test('gives the app its settings: stores, address, and a policy with the local issuer', async () => {
    const url = await start().waitFor(/^regcred runs at (\S+)$/m);

    const settings = (await (await fetch(`${url}/api/settings`)).json()) as Record<string, string>;

    expect(settings).toMatchObject({
      REGCRED_RECORDS: 'sqlite',
      REGCRED_QUEUE: 'sqlite',
      REGCRED_SECRETS: 'local',
      REGCRED_DATA: join(folder, '.regcred'),
      REGCRED_PUBLIC_URL: url,
    });
    const policy = JSON.parse(settings['REGCRED_POLICY'] ?? '') as { issuers: unknown[]; rules: unknown[] };
    expect(policy.issuers).toEqual([
      {
        issuer: 'urn:regcred:local',
        audience: 'regcred',
        jwks: { keys: [expect.not.objectContaining({ d: expect.anything() })] },
      },
    ]);
    expect(policy.rules).toHaveLength(16);
    expect(policy.rules).toContainEqual({
      issuer: 'urn:regcred:local',
      match: { project: 'default', role: 'reader', environment: 'dev' },
      project: 'default',
      environments: ['dev'],
      roles: ['reader'],
    });
  });

  test('takes settings from local.settings.json, and the environment before it', async () => {
    const values = { REGCRED_DATA: 'elsewhere', REGCRED_PUBLIC_URL: 'https://file.example.com', REGCRED_RETENTION_DAYS: '30' };
    await writeFile(join(folder, 'local.settings.json'), JSON.stringify({ Values: values }));
    const program = start({ REGCRED_PUBLIC_URL: 'https://environment.example.com' });
    const url = await program.waitFor(/^regcred runs at (\S+)$/m);

    const settings = await (await fetch(`${url}/api/settings`)).json();

    expect(settings).toMatchObject({
      REGCRED_DATA: join(folder, 'elsewhere'),
      REGCRED_PUBLIC_URL: 'https://environment.example.com',
      REGCRED_RETENTION_DAYS: '30',
    });
    expect(program.output()).toContain(`TOKEN=$(REGCRED_DATA='${join(folder, 'elsewhere')}' npm run -s token)`);
  });

  test('takes the policy that REGCRED_POLICY names instead of its own', async () => {
    await writeFile(join(folder, 'own.json'), JSON.stringify({ projects: [{ name: 'team', environments: ['live'] }] }));
    const program = start({ REGCRED_POLICY: 'own.json' });

    await program.waitFor(/credentials$/m);

    expect(program.output()).toMatch(/^ {2}TOKEN=\$\(REGCRED_POLICY='own.json' npm run -s token -- --project team\)$/m);
    expect(program.output()).toContain('/api/projects/team/credentials');
  });

  test('says in one line that the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;

    const program = start({ REGCRED_PORT: String(port) });

    expect(await program.ended()).toBe(1);
    expect(program.output()).toBe(`regcred: Port ${port} is taken: set REGCRED_PORT to another one, or to 0 for any\n`);
    other.close();
  });

  test.for([
    [{ REGCRED_PORT: 'http' }, 'regcred: REGCRED_PORT must be a number from 0 to 65535\n'],
    [{ REGCRED_POLICY: 'missing.json' }, 'regcred: REGCRED_POLICY: the file missing.json cannot be read (ENOENT)\n'],
    [{ REGCRED_POLICY: '{"projects":' }, 'regcred: REGCRED_POLICY: is not valid JSON\n'],
    [
      { REGCRED_POLICY: '{"projects":[{"name":"A","environments":["x"]}]}' },
      'regcred: REGCRED_POLICY: /projects/0/name: must be',
    ],
    [{ FAIL_ON_LOAD: 'The lock is held' }, 'regcred: The lock is held\n'],
    [{ EACH_SECOND: 'never' }, 'regcred: Function "each-second": the schedule "never" cannot be read\n'],
  ] as const)('says in one line what is wrong with %o', async ([env, line]) => {
    const program = start(env);

    expect(await program.ended()).toBe(1);
    expect(program.output().startsWith(line)).toBe(true);
    expect(program.output().split('\n')).toHaveLength(2);
  });

  test('a Node that cannot run TypeScript says so in one line', async () => {
    const program = start({}, ['--no-experimental-strip-types']);

    expect(await program.ended()).toBe(1);
    expect(program.output()).toMatch(/^regcred needs Node 22\.18 or newer, .*\n$/);
  });

  test.for(['SIGINT', 'SIGTERM'] as const)('%s lets what runs end, and ends with exit code 0', async (signal) => {
    const program = start();
    const url = await program.waitFor(/^regcred runs at (\S+)$/m);

    const reply = fetch(`${url}/api/slow`);
    await program.waitFor(/^slow: begun$/m);

    expect(await program.end(signal)).toBe(0);
    expect(await (await reply).text()).toBe('done');
    expect(program.output()).toContain('appTerminate hook ran');
  });

  test('a second Ctrl-C ends at once', async () => {
    const program = start();
    const url = await program.waitFor(/^regcred runs at (\S+)$/m);
    const reply = fetch(`${url}/api/stuck`).catch((error: unknown) => error);
    await program.waitFor(/^stuck: begun$/m);

    program.process.kill('SIGINT');
    // Two within half a second are one, because npm doubles a Ctrl-C.
    await new Promise((resolve) => setTimeout(resolve, 700));
    program.process.kill('SIGINT');

    expect(await program.ended()).toBe(130);
    expect(await reply).toBeInstanceOf(Error);
  });
});
