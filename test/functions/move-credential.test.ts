import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { passwordOf, patch } from '../crash/credentials.ts';
import { startDocumentedService } from '../documented-service.ts';
import { needs } from '../peers/need.ts';
import { startRegistry, type Registry } from '../peers/registry.ts';
import { AWS_REGION, startSecretsManager } from '../peers/secrets-manager-hosts.ts';
import { startVault, VAULT, VAULT_APP, VAULT_APP_SECRET, VAULT_TENANT, type VaultHosts } from '../peers/vault-hosts.ts';
import { eventually, startService, TEST_POLICY, type Service } from '../service.ts';
import { projectState, storedSecrets } from './project-state.ts';

const CREDENTIALS = '/api/projects/default/credentials';
const ABSENT = `${CREDENTIALS}/cred-01arz3ndektsv4rrffq69g5fav`;
const PASSWORD = 'canary-of-a-password "é" %41+/=';

describe('POST /api/projects/{project}/credentials/{id}/move', () => {
  let azure: VaultHosts;
  let registry: Registry;
  let service: Service;
  beforeAll(async () => {
    azure = await startVault();
    registry = await startRegistry({ users: { ci: PASSWORD } });
    service = await startDocumentedService({
      policy: { network: { ...TEST_POLICY.network, ...azure.hosts.network } },
      environment: {
        REGCRED_VAULT_URL: `https://${VAULT}`,
        AZURE_TENANT_ID: VAULT_TENANT,
        AZURE_CLIENT_ID: VAULT_APP,
        AZURE_CLIENT_SECRET: VAULT_APP_SECRET,
      },
    });
  });
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    await azure[Symbol.asyncDispose]();
  });

  const created = async (fields: object = {}, headers: Record<string, string> = {}) => {
    const login = { name: `CI ${randomUUID()}`, url: registry.url, username: 'ci', password: PASSWORD };
    const reply = await service.post(CREDENTIALS, { ...login, ...fields }, { headers });
    expect(reply.status).toBe(201);
    return { ...reply.json, path: `${CREDENTIALS}/${reply.json.id}`, body: { ...login, ...fields } };
  };
  const moveTo = (path: string, store: string, options = {}) => service.post(`${path}/move`, { store }, options);
  const handedOut = async (path: string) => (await service.post(`${path}/login`)).json.value;
  /** The secrets that the vault has, with the credential that each is tagged with. */
  const inVault = (state: 'active' | 'deleted') =>
    azure.vault.secrets.inState(state).map(({ name, versions }) => ({ name, of: versions.at(-1)?.tags?.['credential'] }));

  test('moves the secret, and nothing else', async () => {
    const { path, body: _own, ...before } = await created({ expiresAt: '2037-01-01T00:00:00.000Z', default: true });

    const reply = await moveTo(path, 'key-vault');

    expect(reply).toMatchObject({ status: 200 });
    expect(reply.headers.get('etag')).toBe('"2"');
    const active = { ...before.active, store: 'key-vault' };
    expect(reply.json).toEqual({ ...before, active, revision: 2, updatedAt: expect.any(String) });
    expect((await service.get(path)).json).toEqual(reply.json);
    expect(await handedOut(path)).toEqual({ username: 'ci', password: PASSWORD });
    expect(await service.post(`${path}/check`)).toMatchObject({ json: { standing: 'accepted' } });
    expect(reply.text + service.output()).not.toContain('canary');
  });

  test('takes it out of the store where it was, and gives it a name that was never used', async () => {
    const { path, id } = await created({ expiresAt: '2037-01-01T00:00:00.000Z' });

    await moveTo(path, 'key-vault');

    expect(await storedSecrets(service)).not.toContain(id);
    const [there, ...others] = inVault('active').filter(({ of }) => of === id);
    expect(others).toEqual([]);
    expect(there?.name).toMatch(/^cred-[0-9a-z]{26}$/);
    expect(there?.name).not.toBe(id);
    const [version] = azure.vault.secrets.find(there?.name ?? '')?.versions ?? [];
    expect(version).toMatchObject({
      attributes: { exp: Date.parse('2037-01-01T00:00:00.000Z') / 1000 },
      tags: { project: 'default', credential: id },
    });
  });

  test('back and forth leaves one secret, which is handed out', async () => {
    const { path, id } = await created();

    for (const store of ['key-vault', 'local', 'key-vault', 'local']) {
      expect(await moveTo(path, store)).toMatchObject({ status: 200, json: { active: { store } } });
      expect(await handedOut(path)).toEqual({ username: 'ci', password: PASSWORD });
    }

    expect(inVault('active').filter(({ of }) => of === id)).toEqual([]);
    expect(inVault('deleted').filter(({ of }) => of === id)).toHaveLength(2);
    expect((await service.get(path)).json.revision).toBe(5);
  });

  test('is told of in the activity', async () => {
    const { path } = await created();
    await moveTo(path, 'key-vault');

    const told = await eventually(async () => {
      const { value } = (await service.get(`${path}/activity`)).json;
      return value.length === 2 && value;
    });

    expect(told[0]).toMatchObject({ type: 'regcred.credential.moved', data: { from: 'local', to: 'key-vault' } });
    expect(told[0].by).toMatchObject({ subject: 'local' });
  });

  test('to where it is changes nothing', async () => {
    const { path, id, body: _own, ...before } = await created();

    expect(await moveTo(path, 'local')).toMatchObject({ status: 200, json: before });
    expect(await storedSecrets(service)).toContain(id);
  });

  test('of one without a secret changes nothing', async () => {
    const url = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
    const { json } = await service.post(CREDENTIALS, { name: 'Nodes', provider: 'ecr', method: 'node-role', url });

    expect(json.active.store).toBeNull();
    expect(await moveTo(`${CREDENTIALS}/${json.id}`, 'key-vault')).toMatchObject({ status: 200, json });
  });

  test('keeps the answer to a create request that is repeated', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const { path, id, body } = await created({}, headers);
    await moveTo(path, 'key-vault');

    const again = await service.post(CREDENTIALS, body, { headers });
    const other = await service.post(CREDENTIALS, { ...body, name: 'Other' }, { headers });

    expect(again).toMatchObject({ status: 201, json: { id, revision: 2 } });
    expect(other).toMatchObject({ status: 422, json: { code: 'IDEMPOTENCY_CONFLICT' } });
  });

  test('is where a new secret, a deletion and a restore go from then on', async () => {
    const { path, id } = await created();
    await moveTo(path, 'key-vault');

    const patched = await service.patch(`${path}?check=skip`, { password: 'second' }, { headers: { 'if-match': '"2"' } });
    expect(patched).toMatchObject({ status: 200, json: { active: { store: 'key-vault' } } });
    expect(await handedOut(path)).toEqual({ username: 'ci', password: 'second' });
    const there = inVault('active').find(({ of }) => of === id);
    const versions = azure.vault.secrets.find(there?.name ?? '')?.versions ?? [];
    expect(versions.map(({ attributes }) => attributes?.enabled ?? true)).toEqual([false, true]);

    expect(await service.delete(path)).toMatchObject({ status: 204 });
    expect(inVault('active').filter(({ of }) => of === id)).toEqual([]);
    expect(await service.post(`${path}/restore`)).toMatchObject({ status: 200 });
    expect(await handedOut(path)).toEqual({ username: 'ci', password: 'second' });
    expect(await storedSecrets(service)).not.toContain(id);
  });

  test.for<[string, unknown, string]>([
    ['no store', {}, '/store'],
    ['a store that there is not', { store: 'cupboard' }, '/store'],
    ['a field too many', { store: 'key-vault', name: 'x' }, '/name'],
    ['no object', [], ''],
  ])('with %s answers 400', async ([, body, pointer]) => {
    const { path } = await created();
    const before = await projectState(service);

    const reply = await service.post(`${path}/move`, body);

    expect(reply).toMatchObject({ status: 400, json: { code: 'INVALID_INPUT', errors: [{ pointer }] } });
    expect(await projectState(service)).toEqual(before);
  });

  test.for<[string, number]>([
    ['"2"', 412],
    ['garbage', 400],
    ['"1"', 200],
    ['*', 200],
  ])('with If-Match %s answers %d', async ([tag, status]) => {
    const { path } = await created();

    expect(await moveTo(path, 'key-vault', { headers: { 'if-match': tag } })).toMatchObject({ status });
    expect((await service.get(path)).json.active.store).toBe(status === 200 ? 'key-vault' : 'local');
  });

  test('needs the role admin in all its environments', async () => {
    const { path } = await created();

    expect(await moveTo(path, 'key-vault', { as: null })).toMatchObject({ status: 401 });
    expect(await moveTo(path, 'key-vault', { as: { role: 'operator' } })).toMatchObject({ status: 403 });
    expect(await moveTo(path, 'key-vault', { as: { environment: 'dev' } })).toMatchObject({ status: 403 });
    expect((await service.get(path)).json.active.store).toBe('local');
  });

  test('of one that is not there, or is deleted, answers 404', async () => {
    const { path } = await created();
    await service.delete(path);

    expect(await moveTo(ABSENT, 'key-vault')).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
    const deleted = await moveTo(path, 'key-vault');
    expect(deleted).toMatchObject({ status: 404, json: { hint: expect.stringContaining('restore') } });
  });

  test('of a secret that somebody took away is refused, also where it is still in memory', async () => {
    const { path, id } = await created();
    await handedOut(path);
    await rename(join(service.data, 'secrets', 'active', id), join(service.data, 'secrets', 'removed', id));
    const before = inVault('active');

    const reply = await moveTo(path, 'key-vault');

    expect(reply).toMatchObject({ status: 503, json: { code: 'SECRET_MISSING', hint: expect.stringContaining('PATCH') } });
    expect(inVault('active')).toEqual(before);
    const known = (await service.get(path)).json;
    expect(known).toMatchObject({ active: { store: 'local' }, status: { standing: 'rejected' }, revision: 1 });
    expect(known.warnings).toContainEqual(expect.objectContaining({ code: 'SECRET_MISSING' }));
  });

  test('to a store that no setting leads to names the setting', async () => {
    const { path } = await created();

    const reply = await moveTo(path, 'secrets-manager');

    expect(reply).toMatchObject({
      status: 503,
      json: { code: 'STORE_UNAVAILABLE', hint: expect.stringContaining('REGCRED_AWS_REGION') },
    });
    expect(await handedOut(path)).toEqual({ username: 'ci', password: PASSWORD });
  });

  test('to a vault that keeps us out leaves it where it is', async () => {
    const { path, id } = await created();
    azure.vault.mood.forbidden = 'ForbiddenByRbac';

    const refused = await moveTo(path, 'key-vault');
    delete azure.vault.mood.forbidden;

    expect(refused).toMatchObject({ status: 503, json: { code: 'STORE_UNAVAILABLE' } });
    expect(refused.json.hint).toContain('Key Vault Secrets Officer');
    expect(await storedSecrets(service)).toContain(id);
    expect(await moveTo(path, 'key-vault')).toMatchObject({ status: 200 });
  });

  test('is done although the vault did not answer the write', async () => {
    const { path, id } = await created();
    azure.vault.mood.unanswered = 1;

    expect(await moveTo(path, 'key-vault')).toMatchObject({ status: 200 });
    expect(inVault('active').filter(({ of }) => of === id)).toHaveLength(1);
    expect(await handedOut(path)).toEqual({ username: 'ci', password: PASSWORD });
  });

  test('that overtakes a new secret makes its writer read again, not fail', async () => {
    const { path, id } = await created();
    await moveTo(path, 'key-vault');
    azure.vault.mood.beforeWrite = async () => {
      delete azure.vault.mood.beforeWrite;
      expect(await moveTo(path, 'local')).toMatchObject({ status: 200 });
    };

    const patched = await service.patch(`${path}?check=skip`, { password: 'second' }, { headers: { 'if-match': '"2"' } });

    expect(patched).toMatchObject({ status: 412, json: { code: 'ETAG_MISMATCH' } });
    expect(await handedOut(path)).toEqual({ username: 'ci', password: PASSWORD });
    expect(inVault('active').filter(({ of }) => of === id)).toEqual([]);
  });

  test('at once with others, and beside hand-outs, lets one win and nobody wait', async () => {
    const { path, id } = await created();

    const moves = [1, 2, 3].map(() => moveTo(path, 'key-vault'));
    const logins = Array.from({ length: 20 }, () => service.post(`${path}/login`));

    const statuses = (await Promise.all(moves)).map(({ status }) => status);
    expect(statuses).toContain(200);
    for (const status of statuses) expect([200, 412]).toContain(status);
    for (const reply of await Promise.all(logins))
      expect(reply).toMatchObject({ status: 200, json: { value: { password: PASSWORD } } });
    expect(inVault('active').filter(({ of }) => of === id)).toHaveLength(1);
    expect(await storedSecrets(service)).not.toContain(id);
  });
});

describe('a move into Secrets Manager and back', needs('moto'), () => {
  test('keeps the login', async () => {
    await using aws = await startSecretsManager();
    await using service = await startService({
      policy: { network: { ...TEST_POLICY.network, ...aws.hosts.network } },
      environment: {
        REGCRED_AWS_REGION: AWS_REGION,
        AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'a-secret-key-of-regcred-itself',
      },
    });
    const form = { name: 'CI', url: 'registry.example.com', username: `user-of-${PASSWORD}`, password: PASSWORD };
    const { id } = (await service.post(`${CREDENTIALS}?check=skip`, form)).json;

    for (const store of ['secrets-manager', 'local', 'secrets-manager']) {
      const reply = await service.post(`${CREDENTIALS}/${id}/move`, { store });
      expect(reply).toMatchObject({ status: 200, json: { active: { store } } });
      expect(await passwordOf(service, id)).toBe(PASSWORD);
    }
    expect(await patch(service, id, { username: 'user-of-second', password: 'second' })).toMatchObject({ status: 200 });
    expect(await passwordOf(service, id)).toBe('second');
    expect(await storedSecrets(service)).toEqual([]);
  });
});
