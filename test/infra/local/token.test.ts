import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createLocalJWKSet, jwtVerify, type JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openLocalIssuer } from '../../../infra/local/issuer.ts';
import { runNode } from './fixture/start-fixture.ts';

const LOCAL = resolve(import.meta.dirname, '../../../infra/local');

describe('npm run token', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'token-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function token(...args: string[]): Promise<{ code: number | null; output: string }> {
    const program = runNode(['-r', join(LOCAL, 'prepare-node.cjs'), join(LOCAL, 'token.ts'), ...args], {}, folder);
    return { code: await program.ended(), output: program.output() };
  }

  /** What a verifier that has the published half of the key makes of a token. */
  async function verify(output: string) {
    const { publicKey } = await openLocalIssuer(join(folder, '.regcred'));
    return await jwtVerify(output.trim(), createLocalJWKSet({ keys: [publicKey] }), {
      issuer: 'urn:regcred:local',
      audience: 'regcred',
      algorithms: ['ES256'],
    });
  }

  test('prints a token alone, for an admin of the project default, before anything was started', async () => {
    const { code, output } = await token();

    expect(code).toBe(0);
    expect(output).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const { payload } = await verify(output);
    expect(payload).toMatchObject({ sub: 'local', project: 'default', role: 'admin', environment: '' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(12 * 3600);
  });

  test('says what was asked for', async () => {
    const { output } = await token('--role', 'consumer', '--environment', 'prod', '--subject', 'ci');

    expect((await verify(output)).payload).toMatchObject({
      sub: 'ci',
      project: 'default',
      role: 'consumer',
      environment: 'prod',
    });
  });

  test('of several at once all use one key', async () => {
    const outputs = await Promise.all([token(), token(), token()]);

    for (const { output } of outputs) await expect(verify(output)).resolves.toBeDefined();
  });

  test.for([
    [['--project', 'none'], 'regcred: There is no project "none": choose default\n'],
    [['--role', 'owner'], 'regcred: There is no role "owner": choose reader, consumer, operator, admin\n'],
    [['--environment', 'test'], 'regcred: The project "default" has no environment "test": choose dev, staging, prod\n'],
    [['--rolle', 'admin'], "regcred: Unknown option '--rolle'\n"],
  ] as const)('%o: one line and exit code 1', async ([args, line]) => {
    expect(await token(...args)).toEqual({ code: 1, output: line });
  });

  test('a broken key file is named, and what is in it is not shown', async () => {
    await token();
    const file = join(folder, '.regcred', 'issuer.key.json');
    const { d } = JSON.parse(await readFile(file, 'utf8')) as JWK;
    await writeFile(file, `{"d":"${d}"`);

    const { code, output } = await token();

    expect(code).toBe(1);
    expect(output).toBe(`regcred: ${file} is not the key of the local issuer: remove it, and a new one is made\n`);
  });
});
