import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startAwsStores, startAzureStores } from '../peers/cloud-stores.ts';
import { needs } from '../peers/need.ts';
import { startService, type StartOptions } from '../service.ts';
import { temporaryFolder } from '../stores/temporary-folder.ts';

const PROJECT = resolve(import.meta.dirname, '../..');

/** Milliseconds for the whole story. */
const LIMIT = 60_000;

const SHOWN = [
  '"standing":"accepted"',
  '"capabilities":[{"repository":"team/app","pull":"yes","push":"yes"}]',
  'kind: Secret',
  'type: kubernetes.io/dockerconfigjson',
];

const TOLD = {
  codes: ['CREDENTIAL_REJECTED', 'CREDENTIAL_DISABLED'],
  missing: [],
  handOuts: 3,
  hasPulled: true,
  login: { username: 'ci', password: 'right-password' },
};

describe('README.md', needs('registry', 'skopeo', 'umoci'), () => {
  test('tells a first story that can be pasted as it stands', { timeout: LIMIT }, async () => {
    expect(await tellStory({})).toMatchObject(TOLD);
  });

  describe('tells it with everything in the clouds, too', needs('azurite', 'moto'), () => {
    test.for([
      ['Table Storage, Storage queues and Key Vault', startAzureStores],
      ['Table Storage, Storage queues and Secrets Manager', startAwsStores],
    ] as const)('%s', { timeout: LIMIT }, async ([, start]) => {
      await using stores = await start();

      expect(await tellStory(stores)).toMatchObject(TOLD);
    });
  });
});

interface Where {
  environment?: StartOptions['environment'];
  network?: object;
}

/** What somebody sees who pastes it. */
async function tellStory({ environment = {}, network = {} }: Where) {
  await using folder = await temporaryFolder();
  const port = await freePort();
  // The policy that the first start writes, for another port.
  const relaxed = { [`127.0.0.1:${port}`]: ['plain-http', 'loopback'] };
  await using service = await startService({ environment, policy: { network: { ...network, relaxed } } });
  const story = (await pastedBlocks('A first story'))
    .replaceAll('/tmp/story', join(folder.path, 'story'))
    .replaceAll('http://localhost:7071', service.url)
    .replaceAll('127.0.0.1:5000', `127.0.0.1:${port}`);

  const said = await runScript(`${story}\n`, service.data);

  const { auths } = JSON.parse(await readFile(join(folder.path, 'story', 'config.json'), 'utf8')) as { auths: object };
  return {
    codes: codesIn(said),
    missing: SHOWN.filter((text) => !said.includes(text)),
    handOuts: said.match(/"regcred\.credential\.handed-out"/g)?.length,
    hasPulled: (await readdir(join(folder.path, 'story', 'pulled'))).includes('manifest.json'),
    login: Object.entries(auths).find(([key]) => key === `127.0.0.1:${port}`)?.[1],
  };
}

/** The shell blocks under a heading, one after the other. */
async function pastedBlocks(heading: string): Promise<string> {
  const readme = await readFile(join(PROJECT, 'README.md'), 'utf8');
  const [, section = ''] = readme.split(`\n## ${heading}\n`);
  const blocks = section.split(/\n## /)[0]?.matchAll(/```sh\n([^]*?)```/g) ?? [];
  return Array.from(blocks, ([, block]) => block).join('\n');
}

/** What the lines print, errors and all. The registry that they leave running is ended. */
function runScript(script: string, data: string): Promise<string> {
  const env = { ...process.env, REGCRED_DATA: data, REGCRED_POLICY: join(data, 'test-policy.json') };
  return new Promise((done) => {
    // A story is pasted line by line: what fails does not end it.
    const shell = execFile(
      'bash',
      ['-c', `trap 'kill $(jobs -p)' EXIT\n${script}`],
      { cwd: PROJECT, env, timeout: LIMIT },
      (_error, stdout, stderr) => done(stdout + stderr),
    );
    shell.stdin?.end();
  });
}

/** The codes of the problems that were answered, in order. */
function codesIn(said: string): string[] {
  return Array.from(said.matchAll(/"status":\d+,"code":"(\w+)"/g), ([, code = '']) => code);
}

/** The README names a port, so one is needed before anything listens there. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
