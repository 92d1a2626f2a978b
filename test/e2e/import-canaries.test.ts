import { describe, expect, test } from 'vitest';
import { CREDENTIALS } from '../crash/credentials.ts';
import { disagreements, readCredentials } from '../crash/outside.ts';
import { HOUR_SECONDS, openProgram, type Program } from '../crash/program.ts';
import { openEmbeddedStage } from '../crash/stages/embedded.ts';
import { echoes } from '../peers/echoes.ts';
import { startRegistry } from '../peers/registry.ts';
import { eventually, type Reply, type Service } from '../service.ts';
import { findSecrets, findSecretsInFolder } from './secret-search.ts';

const CANARIES = {
  'odd characters': 'cnry"\'\\%2F+/=&<$(x)`;é🔑 end',
  'eight characters': 'k7#Qz/9=',
  'like base64': 'eyJjYW5hcnkiOiJTZWNyZXQtNDcxMSJ9+/==',
};

const IMPORTS = '/api/projects/default/imports';

const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') });

/** Milliseconds that all imports of one test may take: each rests between its turns. */
const IMPORT_LIMIT = 60_000;

describe('a secret that is imported', { timeout: 180_000 }, () => {
  const replies: string[] = [];
  const outputs: string[] = [];

  function kept({ status, headers, text, json }: Reply): Reply['json'] {
    replies.push(`${status} ${JSON.stringify([...headers])}\n${text}`);
    return json;
  }

  /** Ends when the import is accepted and nothing of it is done. */
  async function driveCrash(program: Program, credentials: object[]): Promise<void> {
    for (const call of ['records.write', 'queue.send']) {
      const service = await program.service();
      program.set({ offsetSeconds: 0, plan: { functionName: 'import-credentials', moment: 'after', call } });
      await expect(service.post(IMPORTS, { schemaVersion: 1, credentials })).rejects.toThrow('fetch failed');
      await program.died();
      outputs.push(service.output());
    }
  }

  async function driveImports(service: Service, url: string, password: string): Promise<void> {
    const login = { url, username: 'ci', password };
    const accepted = [
      await service.post(IMPORTS, {
        schemaVersion: 1,
        credentials: [
          { ...login, name: '', purpose: password },
          { ...login, name: 'Wrong user', username: 'nobody' },
          { ...login, name: 'Nowhere', url: password },
          { ...login, name: 'In the address', url: `https://ci:${password}@registry.example.com` },
          { ...login, name: 'A list', password: [password] },
          password,
        ],
      }),
      await service.post(IMPORTS, {
        auths: {
          'a.example.com': auth(password),
          'b.example.com': { auth: password },
          'c.example.com': { ...auth(`ci:${password}`), identitytoken: password },
          'd.example.com': password,
          [`https://ci:${password}@e.example.com`]: auth(`ci:${password}`),
        },
      }),
    ];
    kept(
      await service.post(IMPORTS, undefined, { raw: `{"auths":{"a.example.com":{"password":${JSON.stringify(password)}},,}` }),
    );
    kept(await service.post(`${IMPORTS}?purpose=${encodeURIComponent(password)}`, { auths: {} }));
    for (const reply of accepted) {
      kept(reply);
      kept(await endOf(service, reply));
    }
    for (const [kind, echo] of Object.entries(echoes)) {
      await using registry = await startRegistry({ users: {}, odd: echo(password) });
      const one = { ...login, name: kind, url: registry.url };
      const reply = await service.post(IMPORTS, { schemaVersion: 1, credentials: [one] });
      kept(reply);
      // An import comes back to a registry that asks to slow down.
      if (kind === 'throttle') await eventually(async () => registry.requests.some(({ authorization }) => authorization));
      else kept(await endOf(service, reply));
    }
  }

  test('is found nowhere while it waits, nor after that', async () => {
    await using stage = await openEmbeddedStage();
    await using program = openProgram(stage);
    await using registry = await startRegistry({ users: CANARIES });
    const users = Object.entries(CANARIES);
    const credentials = users.map(([username, password]) => ({ name: username, url: registry.url, username, password }));

    await driveCrash(program, credentials);
    expect(await findSecretsInFolder(CANARIES, stage.data)).toEqual([]);
    expect(await readCredentials(stage)).toEqual([]);

    program.set({ offsetSeconds: HOUR_SECONDS });
    const service = await program.service();
    expect(await program.settle()).toEqual([]);
    const { value } = kept(await service.get(CREDENTIALS)) as { value: { id: string }[] };
    expect(value).toHaveLength(users.length);
    for (const password of Object.values(CANARIES)) await driveImports(service, registry.url, password);
    await program.kill();
    outputs.push(service.output());

    program.set({ offsetSeconds: 2 * HOUR_SECONDS });
    const again = await program.service();
    expect(await program.settle()).toEqual([]);
    await program.kill();
    outputs.push(again.output());

    expect(findSecrets(CANARIES, 'replies', replies.join('\n'))).toEqual([]);
    expect(findSecrets(CANARIES, 'output', outputs.join('\n'))).toEqual([]);
    expect(await findSecretsInFolder(CANARIES, stage.data)).toEqual([]);
    expect(await disagreements(stage)).toEqual([]);
  });
});

/** The report of an import that has ended. */
async function endOf(service: Service, reply: Reply): Promise<Reply> {
  expect(reply.status).toBe(202);
  return eventually(async () => {
    const report = await service.get(reply.headers.get('location') ?? '');
    return report.json.status === 'ended' && report;
  }, IMPORT_LIMIT);
}
