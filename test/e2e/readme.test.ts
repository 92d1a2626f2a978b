import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { needs } from '../peers/need.ts';
import { startService } from '../service.ts';
import { temporaryFolder } from '../stores/temporary-folder.ts';

const PROJECT = resolve(import.meta.dirname, '../..');

/** Milliseconds for the whole story. */
const LIMIT = 60_000;

describe('README.md', needs('registry', 'skopeo', 'umoci'), () => {
  test('tells a first story that can be pasted as it stands', { timeout: LIMIT }, async () => {
    await using folder = await temporaryFolder();
    const port = await freePort();
    // The policy that the first start writes, for another port.
    const relaxed = { [`127.0.0.1:${port}`]: ['plain-http', 'loopback'] };
    await using service = await startService({ policy: { network: { relaxed } } });
    const story = (await pastedBlocks('A first story'))
      .replaceAll('/tmp/story', join(folder.path, 'story'))
      .replaceAll('http://localhost:7071', service.url)
      .replaceAll('127.0.0.1:5000', `127.0.0.1:${port}`);

    const said = await runScript(`${story}\n`, service.data);

    expect(codesIn(said)).toEqual(['CREDENTIAL_REJECTED', 'CREDENTIAL_DISABLED']);
    expect(said).toContain('"standing":"accepted"');
    expect(said).toContain('"capabilities":[{"repository":"team/app","pull":"yes","push":"yes"}]');
    expect(said).toContain('kind: Secret');
    expect(said).toContain('type: kubernetes.io/dockerconfigjson');
    expect(await readdir(join(folder.path, 'story', 'pulled'))).toContain('manifest.json');
    expect(said.match(/"regcred\.credential\.handed-out"/g)).toHaveLength(3);
    const { auths } = JSON.parse(await readFile(join(folder.path, 'story', 'config.json'), 'utf8')) as { auths: object };
    expect(auths).toMatchObject({ [`127.0.0.1:${port}`]: { username: 'ci', password: 'right-password' } });
  });
});

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
