import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CREDENTIALS } from '../crash/credentials.ts';
import { readCredentials } from '../crash/outside.ts';
import { HOUR_SECONDS, openProgram, RETENTION_DAYS, type Program } from '../crash/program.ts';
import { openEmbeddedStage } from '../crash/stages/embedded.ts';
import { echoes } from '../peers/echoes.ts';
import { startRegistry, type Oddity, type Registry } from '../peers/registry.ts';
import type { Reply, Service } from '../service.ts';
import { findSecrets, findSecretsInFolder } from './secret-search.ts';

const CANARIES = {
  'odd characters': 'cnry"\'\\%2F+/=&<$(x)`;é🔑 end',
  'eight characters': 'k7#Qz/9=',
  'like base64': 'eyJjYW5hcnkiOiJTZWNyZXQtNDcxMSJ9+/==',
};

const FORMATS = [
  { format: 'login' },
  { format: 'docker-config' },
  { format: 'kubernetes-secret', secretName: 'pull' },
  { format: 'helm-values', secretName: 'pull' },
];

describe('a secret that goes through everything', { timeout: 120_000 }, () => {
  const replies: string[] = [];
  const outputs: string[] = [];
  /** What has come over the registry that is right at other times. */
  let mood: Oddity | undefined;

  /** Keeps what was answered, headers and all. */
  function kept({ status, headers, text }: Reply): Reply['json'] {
    replies.push(`${status} ${JSON.stringify([...headers])}\n${text}`);
    return parsed(text);
  }

  async function driveRequests(service: Service, registry: Registry, name: string, password: string): Promise<void> {
    const login = { url: registry.url, username: 'ci', password };
    const wrong = { ...login, username: 'nobody' };
    const created = kept(await service.post(CREDENTIALS, { ...login, name, default: true })) as { id: string };
    const own = `${CREDENTIALS}/${created.id}`;
    const ifMatch = { headers: { 'if-match': '*' } };

    kept(await service.post(CREDENTIALS, { ...wrong, name: `${name}, refused` }));
    kept(await service.post(CREDENTIALS, undefined, { raw: `{"name":"Broken","password":${JSON.stringify(password)},,}` }));
    kept(await service.post(CREDENTIALS, undefined, { raw: `{"name":"Broken","password":"${password}` }));
    kept(
      await service.post(CREDENTIALS, undefined, {
        raw: `{"password":"${password}"}`,
        headers: { 'content-type': 'text/plain' },
      }),
    );
    kept(await service.post(CREDENTIALS, { ...login, password: [password] }));
    kept(await service.post(CREDENTIALS, { ...login, name: '', purpose: password, tls: password }));
    kept(await service.post(CREDENTIALS, { ...login, name, url: `https://ci:${password}@registry.example.com` }));
    kept(await service.post(CREDENTIALS, { ...login, name, url: password }));
    kept(await service.post(CREDENTIALS, { ...login, name, tls: 'custom-ca', ca: password }));
    kept(await service.get(`${CREDENTIALS}?purpose=${encodeURIComponent(password)}&pageToken=${encodeURIComponent(password)}`));
    kept(await service.get(`${CREDENTIALS}/${encodeURIComponent(password)}`));
    kept(await service.get(CREDENTIALS, { as: encodeURIComponent(password) }));
    kept(await service.post('/api/projects/default/checks', login));
    kept(await service.post('/api/projects/default/checks', wrong));
    kept(await service.post(`${own}/check`, { repositories: [{ name: 'team/app', actions: ['pull', 'push', 'delete'] }] }));
    kept(await service.patch(own, { password, username: 'ci' }, ifMatch));
    kept(await service.patch(own, { password, username: 'nobody' }, ifMatch));
    kept(
      await service.patch(
        own,
        { password, tls: 'plain-http', description: 'Again' },
        { headers: { 'if-match': password.replaceAll(/[^!-~]/gu, '') } },
      ),
    );
    for (const body of FORMATS) await expectHandOut(service, own, body);
    kept(await service.post(`${own}/login`, { format: 'kubernetes-secret', secretName: password }));
    kept(await service.get(`${own}/activity`));
    await driveEchoes(service, { own, name, password });
    kept(await service.delete(own));
    kept(await service.post(`${own}/login`));
    kept(await service.post(`${own}/restore`));
    await driveDefect(service, own, created.id);
    kept(await service.delete(own));
    kept(await service.get(`${CREDENTIALS}?deleted=true`));
  }

  async function driveEchoes(
    service: Service,
    { own, name, password }: { own: string; name: string; password: string },
  ): Promise<void> {
    for (const [kind, echo] of Object.entries(echoes)) {
      await using registry = await startRegistry({ users: {}, odd: echo(password) });
      const login = { url: registry.url, username: 'ci', password };
      kept(await service.post(CREDENTIALS, { ...login, name: `${name}, ${kind}` }));
      mood = echo(password);
      kept(await service.post(`${own}/check`, { repositories: [{ name: 'team/app' }] }));
      mood = undefined;
      const check = kept(await service.post('/api/projects/default/checks', { ...login, repositories: [{ name: 'team/app' }] }));
      expect(check).toMatchObject({ verdict: expect.not.stringMatching(/^valid$/) });
    }
  }

  /** Somebody changes the table behind the service's back: the secret is opened, and found to belong elsewhere. */
  async function driveDefect(service: Service, own: string, id: string): Promise<void> {
    using database = new DatabaseSync(join(service.data, 'records.db'));
    const write = (from: string, to: string) =>
      database
        .prepare('UPDATE rows SET fields = replace(fields, ?, ?) WHERE row_key = ?')
        .run(`"tls":"${from}"`, `"tls":"${to}"`, `credential:${id}`);
    write('plain-http', 'verify');
    const reply = await service.post(`${own}/login`);
    kept(reply);
    expect(reply.status).toBe(500);
    write('verify', 'plain-http');
  }

  async function driveCrashes(program: Program, registry: Registry, name: string, password: string): Promise<void> {
    const service = await program.service();
    const plan = { functionName: 'create-credential', moment: 'after', call: program.stage.writesSecret } as const;
    program.set({ offsetSeconds: 0, plan });
    await expect(
      service.post(CREDENTIALS, { url: registry.url, username: 'ci', password, name: `${name}, crashed` }),
    ).rejects.toThrow('fetch failed');
    await program.died();
    program.set({ offsetSeconds: 0 });
    outputs.push(service.output());
  }

  async function drivePurge(program: Program): Promise<void> {
    const service = await program.service();
    program.set({ offsetSeconds: (RETENTION_DAYS * 24 + 1) * HOUR_SECONDS });
    expect(await program.settle()).toEqual([]);
    await program.kill();
    outputs.push(service.output());
  }

  test('is found nowhere but with whoever it was handed to, before and after the end of its retention', async () => {
    await using stage = await openEmbeddedStage();
    await using program = openProgram(stage);
    const requests: string[] = [];
    for (const [name, password] of Object.entries(CANARIES)) {
      const odd: Oddity = (...exchange) => mood?.(...exchange) ?? false;
      await using registry = await startRegistry({ users: { ci: password }, repositories: ['team/app'], odd });
      const service = await program.service();
      await driveRequests(service, registry, name, password);
      await program.kill();
      outputs.push(service.output());
      await driveCrashes(program, registry, name, password);
      // The token service of this registry is one of the echoes: it made its address with the password itself.
      const own = registry.requests.filter(({ path }) => !path.startsWith('/token'));
      requests.push(...own.map((request) => JSON.stringify(request)));
    }

    expect(findSecrets(CANARIES, 'replies', replies.join('\n'))).toEqual([]);
    expect(findSecrets(CANARIES, 'output', outputs.join('\n'))).toEqual([]);
    expect(findSecrets(CANARIES, 'what registries noted', requests.join('\n'))).toEqual([]);
    expect(await findSecretsInFolder(CANARIES, stage.data)).toEqual([]);
    expect(await readCredentials(stage)).toHaveLength(3);

    await drivePurge(program);

    expect(findSecrets(CANARIES, 'output', outputs.join('\n'))).toEqual([]);
    expect(await findSecretsInFolder(CANARIES, stage.data)).toEqual([]);
    expect(await readCredentials(stage)).toEqual([]);
  });
});

/** What is handed out has the secret, and is looked at by nobody else. */
async function expectHandOut(service: Service, own: string, body: object): Promise<void> {
  for (const query of ['', '?raw=true']) expect(await service.post(`${own}/login${query}`, body)).toMatchObject({ status: 200 });
}

function parsed(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text);
}
