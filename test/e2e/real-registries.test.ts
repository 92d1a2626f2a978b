import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CREDENTIALS } from '../crash/credentials.ts';
import { createAuthority } from '../peers/certificates.ts';
import type { Users } from '../peers/grants.ts';
import { needs } from '../peers/need.ts';
import { startRealRegistry, type RealRegistry } from '../peers/real-registry.ts';
import { startTokenServer } from '../peers/token-server.ts';
import { startService, type Service } from '../service.ts';
import { temporaryFolder } from '../stores/temporary-folder.ts';
import { clientsIn, type Clients, type Image } from './clients.ts';

const repository = 'team/app';
const CHECKS = '/api/projects/default/checks';

const USERS = {
  pusher: 'p/ush+er="pass"&ü',
  puller: { password: 'puller-password', grants: { [repository]: ['pull'] } },
} satisfies Users;

/** A registry, and the fields of a request that say how to reach it. */
interface Peer extends AsyncDisposable {
  registry: RealRegistry;
  fields: { url: string; tls?: string; ca?: string; tokenRealm?: string };
  image: Image;
}

/** Of the token services; the operator knows it. */
const authority = createAuthority();

/** One that only the owner of a credential can vouch for. */
const ownAuthority = createAuthority('An own authority');

async function basic(): Promise<Peer> {
  const registry = await startRealRegistry({ auth: { users: { pusher: USERS.pusher } } });
  return peer(registry, { url: registry.url }, [registry]);
}

async function overTls(fields: { tls: string; ca?: string }): Promise<Peer> {
  const tls = ownAuthority.issue({ hosts: ['127.0.0.1'] });
  const registry = await startRealRegistry({ auth: { users: { pusher: USERS.pusher } }, tls });
  return peer(registry, { url: registry.host, ...fields }, [registry], ownAuthority.pem);
}

async function withTokens(algorithm: 'RS256' | 'ES256'): Promise<Peer> {
  const tokenServer = await startTokenServer({ users: USERS, algorithm, tls: authority.issue({ hosts: ['127.0.0.1'] }) });
  const registry = await startRealRegistry({ auth: { tokenServer } });
  return peer(registry, { url: registry.url, tokenRealm: tokenServer.realm }, [registry, tokenServer]);
}

async function peer(registry: RealRegistry, fields: Peer['fields'], parts: AsyncDisposable[], ca?: string): Promise<Peer> {
  const image = { host: registry.host, repository, ...(ca && { ca }) };
  await registry.pushImage({ repository, username: 'pusher', password: USERS.pusher, ...(ca && { ca }) });
  return {
    registry,
    fields,
    image,
    [Symbol.asyncDispose]: async () => {
      for (const part of parts) await part[Symbol.asyncDispose]();
    },
  };
}

/** How the stages go where the login crosses the network in clear, or to whoever answers. */
const PLAIN_TOKENS = {
  input: 'ok',
  dns: 'ok',
  connect: 'ok',
  tls: 'warning',
  ping: 'ok',
  challenge: 'ok',
  realm: 'ok',
  identity: 'ok',
  token: 'ok',
  access: 'ok',
};
const PLAIN_BASIC = { ...PLAIN_TOKENS, realm: 'skipped', token: 'skipped' };

describe('a login to a real registry', { ...needs('registry', 'skopeo', 'podman'), timeout: 60_000 }, () => {
  let service: Service;
  let settings: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    settings = await temporaryFolder();
    // Of the token services: what is relaxed for a registry does not hold for them.
    const ca = join(settings.path, 'ca.pem');
    await writeFile(ca, authority.pem);
    const relaxed = { '127.0.0.1:*': ['plain-http', 'loopback', 'skip-verify'] };
    service = await startService({ policy: { network: { relaxed, ca } } });
  });
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await settings[Symbol.asyncDispose]();
  });

  test.for([
    ['basic auth', basic, PLAIN_BASIC],
    ['tokens signed with RS256', () => withTokens('RS256'), PLAIN_TOKENS],
    ['tokens signed with ES256', () => withTokens('ES256'), PLAIN_TOKENS],
    ['TLS under an own authority', () => overTls({ tls: 'custom-ca', ca: ownAuthority.pem }), { ...PLAIN_BASIC, tls: 'ok' }],
    ['TLS that is not verified', () => overTls({ tls: 'skip-verify' }), PLAIN_BASIC],
  ] as const)('pulls with exactly what was handed out: %s', async ([name, start, stages]) => {
    await using peer = await start();
    await using folder = await temporaryFolder();
    const clients = clientsIn(folder.path);
    const login = { ...peer.fields, username: 'pusher', password: USERS.pusher };

    const created = await service.post(CREDENTIALS, { ...login, name, purpose: 'push' });

    expect(created.json).toMatchObject({ status: { standing: 'accepted', lastCheck: { verdict: 'valid' } } });
    expect(stagesOf(created.json.status.lastCheck)).toEqual(stages);
    const own = `${CREDENTIALS}/${created.json.id}`;
    expect((await service.post(`${own}/check`, asked())).json).toMatchObject({
      verdict: 'valid',
      capabilities: [{ repository, pull: 'yes', push: 'yes' }],
    });
    const file = await handOutInto(folder.path, own);
    await expectPulls(clients, peer.image, file);
    expect(await clients.skopeoPush(peer.image, file)).toMatchObject({ isOk: true });
    await expectWrongFileFails(clients, peer.image, folder.path);
    await expectSameInKubernetes(own, file);
    await expectSwitchedOff(own);
  });

  test.for([
    ['basic auth', basic, 'access'],
    ['tokens', () => withTokens('ES256'), 'token'],
    ['TLS', () => overTls({ tls: 'custom-ca', ca: ownAuthority.pem }), 'access'],
  ] as const)('is refused with a wrong password, and not stored: %s', async ([name, start, stage]) => {
    await using peer = await start();

    const reply = await service.post(CREDENTIALS, {
      ...peer.fields,
      name: `Wrong, ${name}`,
      username: 'pusher',
      password: 'wrong',
    });

    expect(reply.json).toMatchObject({ status: 422, code: 'CREDENTIAL_REJECTED', verdict: 'invalid_credentials' });
    expect(failedStages(reply.json)).toEqual([stage]);
    const { value } = (await service.get(`${CREDENTIALS}?host=${peer.registry.host}`)).json;
    expect(value).toEqual([]);
  });

  test('of a user who may only pull, pulls and cannot push', async () => {
    await using peer = await withTokens('RS256');
    await using folder = await temporaryFolder();
    const clients = clientsIn(folder.path);
    const login = { ...peer.fields, username: 'puller', password: USERS.puller.password };

    const checked = await service.post(CHECKS, { ...login, ...asked() });
    const created = await service.post(CREDENTIALS, { ...login, name: 'Pull only' });

    expect(checked.json).toMatchObject({
      verdict: 'valid',
      capabilities: [{ repository, pull: 'yes', push: 'no', delete: 'no' }],
    });
    expect(created.json).toMatchObject({ purpose: 'pull', status: { standing: 'accepted' } });
    const file = await handOutInto(folder.path, `${CREDENTIALS}/${created.json.id}`);
    await expectPulls(clients, peer.image, file);
    expect(await clients.skopeoPush(peer.image, file)).toMatchObject({
      isOk: false,
      said: expect.stringMatching(/denied|unauthorized/),
    });
  });

  test('does not get to a registry whose certificate nobody vouches for', async () => {
    await using peer = await overTls({ tls: 'verify' });

    const reply = await service.post(CREDENTIALS, {
      ...peer.fields,
      name: 'Unknown CA',
      username: 'pusher',
      password: USERS.pusher,
    });

    expect(reply.json).toMatchObject({ status: expect.any(Number), verdict: expect.stringMatching(/unreachable|misconfigured/) });
    expect(failedStages(reply.json)).toEqual(['tls']);
  });

  test('is not sent to a token service that the owner did not name', async () => {
    await using peer = await withTokens('ES256');
    const { tokenRealm: _unnamed, ...fields } = peer.fields;

    const reply = await service.post(CREDENTIALS, { ...fields, name: 'No realm', username: 'pusher', password: USERS.pusher });

    expect(reply.json).toMatchObject({ status: 422, verdict: 'blocked_by_policy' });
    expect(failedStages(reply.json)).toEqual(['realm']);
  });

  async function handOutInto(folder: string, own: string): Promise<string> {
    const reply = await service.post(`${own}/login?raw=true`, { format: 'docker-config', environment: 'dev' });
    expect(reply.status).toBe(200);
    const file = join(folder, 'auth.json');
    await writeFile(file, reply.text);
    return file;
  }

  async function expectSameInKubernetes(own: string, file: string): Promise<void> {
    const reply = await service.post(`${own}/login?raw=true`, { format: 'kubernetes-secret', secretName: 'pull' });
    const secret = parse(reply.text) as { type: string; data: Record<string, string> };
    const config = Buffer.from(secret.data['.dockerconfigjson'] ?? '', 'base64').toString('utf8');
    expect(secret.type).toBe('kubernetes.io/dockerconfigjson');
    expect(JSON.parse(config)).toEqual(JSON.parse(await readFile(file, 'utf8')));
  }

  async function expectSwitchedOff(own: string): Promise<void> {
    const patched = await service.patch(own, { enabled: false }, { headers: { 'if-match': '*' } });
    expect(patched.status).toBe(200);
    const reply = await service.post(`${own}/login?raw=true`, { format: 'docker-config', environment: 'dev' });
    expect(reply.json).toMatchObject({ status: 409, code: 'CREDENTIAL_DISABLED' });
  }
});

function asked(): object {
  return { repositories: [{ name: repository, actions: ['pull', 'push', 'delete'] }] };
}

interface Checked {
  stages: { stage: string; outcome: string }[];
}

function stagesOf({ stages }: Checked): Record<string, string> {
  return Object.fromEntries(stages.map(({ stage, outcome }) => [stage, outcome]));
}

function failedStages({ stages }: Checked): string[] {
  return stages.filter(({ outcome }) => outcome === 'failed').map(({ stage }) => stage);
}

async function expectPulls(clients: Clients, image: Image, file: string): Promise<void> {
  expect(await clients.skopeoPull(image, file)).toMatchObject({ isOk: true });
  expect(await clients.podmanPull(image, file)).toMatchObject({ isOk: true });
}

/** The same file with another password: it is the login in it that opens the registry. */
async function expectWrongFileFails(clients: Clients, image: Image, folder: string): Promise<void> {
  const file = join(folder, 'wrong', 'auth.json');
  await mkdir(join(folder, 'wrong'));
  const auth = Buffer.from('pusher:wrong').toString('base64');
  await writeFile(file, JSON.stringify({ auths: { [image.host]: { auth } } }));
  expect(await clients.skopeoPull(image, file)).toMatchObject({ isOk: false });
  expect(await clients.podmanPull(image, file)).toMatchObject({ isOk: false });
}
