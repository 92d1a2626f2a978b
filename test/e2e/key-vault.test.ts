import { describe, expect, test } from 'vitest';
import { create, CREDENTIALS, passwordOf, patch } from '../crash/credentials.ts';
import { startVault, VAULT, VAULT_APP, VAULT_APP_SECRET, VAULT_TENANT, type VaultHosts } from '../peers/vault-hosts.ts';
import { temporaryFolder } from '../stores/temporary-folder.ts';
import { eventually, startService, TEST_POLICY, type Service } from '../service.ts';

const PASSWORD = 'canary-of-a-password "é" %41+/=';

describe('the service with its secrets in Key Vault', () => {
  test('stores, hands out, replaces, deletes and restores', async () => {
    await using azure = await startVault();
    await using service = await startOn(azure);

    const id = await create(service, { name: 'In a vault', host: 'vault.example.com', password: PASSWORD });
    expect(await passwordOf(service, id)).toBe(PASSWORD);
    expect(enabledVersions(azure, id)).toEqual([true]);

    expect(await patch(service, id, { username: 'user-of-another-password', password: 'another-password' })).toMatchObject({
      status: 200,
    });
    expect(await passwordOf(service, id)).toBe('another-password');
    expect(enabledVersions(azure, id)).toEqual([false, true]);

    Object.assign(azure.vault.secrets.delays, { delete: Infinity, recover: Infinity });
    expect(await service.delete(`${CREDENTIALS}/${id}`)).toMatchObject({ status: 204 });
    expect(azure.vault.secrets.find(id)).toMatchObject({ state: 'deleting' });
    for (const state of ['deleted', 'active']) {
      const early = await service.post(`${CREDENTIALS}/${id}/restore`);
      expect(early).toMatchObject({ status: 503, json: { code: 'STORE_UNAVAILABLE' } });
      expect(early.headers.get('retry-after')).toBe('20');
      azure.vault.secrets.finish();
      expect(azure.vault.secrets.find(id)).toMatchObject({ state });
    }
    expect(await service.post(`${CREDENTIALS}/${id}/restore`)).toMatchObject({ status: 200 });
    expect(await passwordOf(service, id)).toBe('another-password');

    expect(service.output()).not.toMatch(/canary|another-password"|client-secret/);
  });

  test('takes a first secret although an earlier attempt at one was refused', async () => {
    await using azure = await startVault();
    await using service = await startOn(azure);
    const url = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
    const form = { name: 'Nodes', provider: 'ecr', method: 'node-role', url };
    const { id } = (await service.post(CREDENTIALS, form)).json as { id: string };
    await create(service, { name: 'Taken', host: 'vault.example.com', password: PASSWORD });
    const key = { method: 'access-key', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x'.repeat(40) };

    expect(await patch(service, id, { ...key, name: 'Taken' })).toMatchObject({ status: 409, json: { code: 'NAME_TAKEN' } });
    expect(await patch(service, id, key)).toMatchObject({ status: 200, json: { active: { store: 'key-vault' } } });
  });

  test('says what is wrong with the vault, and is ready once that is put right', async () => {
    await using azure = await startVault();
    await using service = await startOn(azure);
    azure.vault.mood.forbidden = 'ForbiddenByRbac';

    const refused = await service.post(`${CREDENTIALS}?check=skip`, {
      url: 'vault.example.com',
      name: 'A',
      username: 'u',
      password: PASSWORD,
    });
    const health = await service.get('/api/health');

    expect(refused).toMatchObject({ status: 503, json: { code: 'STORE_UNAVAILABLE' } });
    expect(refused.json.hint).toContain('Key Vault Secrets Officer');
    expect(health).toMatchObject({ status: 503 });
    expect(health.text).toContain('secrets/key-vault');
    expect(refused.text + health.text + service.output()).not.toContain('canary');

    delete azure.vault.mood.forbidden;
    await create(service, { name: 'A', host: 'vault.example.com', password: PASSWORD });
  });

  test('tells the identity that is missing', async () => {
    await using azure = await startVault();
    await using service = await startOn(azure, { AZURE_CLIENT_SECRET: 'not-the-secret' });

    const refused = await service.post(`${CREDENTIALS}?check=skip`, {
      url: 'vault.example.com',
      name: 'A',
      username: 'u',
      password: PASSWORD,
    });

    expect(refused).toMatchObject({ status: 503, json: { code: 'STORE_UNAVAILABLE' } });
    expect(refused.json.hint).toContain('AZURE_CLIENT_ID');
    expect(service.output()).not.toContain('not-the-secret');
  });

  test('does not repeat in its log what an error of Entra ID repeats', async () => {
    await using azure = await startVault();
    await using service = await startOn(azure);
    azure.hosts.moods.set('login.microsoftonline.com', (request, response) => {
      if (request.method !== 'POST') return false;
      const said = { error: 'invalid_client', error_description: `AADSTS7000215: not ${VAULT_APP_SECRET}` };
      response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify(said));
      return true;
    });

    const body = { url: 'vault.example.com', name: 'A', username: 'u', password: PASSWORD };
    const refused = await service.post(`${CREDENTIALS}?check=skip`, body);

    expect(refused).toMatchObject({ status: 503, json: { code: 'STORE_UNAVAILABLE' } });
    const line = await eventually(async () => service.output().match(/.*"event":"request\.failed".*/)?.[0]);
    expect(line).toContain('AADSTS7000215: not [redacted]');
    expect(refused.text + service.output()).not.toContain(VAULT_APP_SECRET);
  });

  test('may be the store of one project alone', async () => {
    await using azure = await startVault();
    const projects = TEST_POLICY.projects.map((project) => ({ ...project, secretStore: 'key-vault' }));
    await using service = await startOn(azure, { REGCRED_SECRETS: 'local' }, { projects });

    const id = await create(service, { name: 'In a vault', host: 'vault.example.com', password: PASSWORD });

    expect(enabledVersions(azure, id)).toEqual([true]);
  });

  test('that is no longer named is asked for by name', async () => {
    await using azure = await startVault();
    await using folder = await temporaryFolder();
    const before = await startOn(azure, {}, {}, folder.path);
    const id = await create(before, { name: 'In a vault', host: 'vault.example.com', password: PASSWORD });
    await before.stop();

    await using service = await startOn(azure, { REGCRED_SECRETS: 'local', REGCRED_VAULT_URL: '' }, {}, folder.path);
    const refused = await service.post(`${CREDENTIALS}/${id}/login`);

    expect(refused).toMatchObject({ status: 503, json: { code: 'STORE_UNAVAILABLE' } });
    expect(refused.json.hint).toContain('REGCRED_VAULT_URL');
  });

  test('does not start without the address of a vault', async () => {
    await using azure = await startVault();

    await expect(startOn(azure, { REGCRED_VAULT_URL: '' })).rejects.toThrow(/REGCRED_VAULT_URL/);
    await expect(startOn(azure, { REGCRED_VAULT_URL: 'https://vault.example.com' })).rejects.toThrow(/REGCRED_VAULT_URL/);
  });
});

function startOn({ hosts }: VaultHosts, environment = {}, policy = {}, data?: string): Promise<Service> {
  return startService({
    ...(data && { data }),
    policy: { ...policy, network: { ...TEST_POLICY.network, ...hosts.network } },
    environment: {
      REGCRED_SECRETS: 'key-vault',
      REGCRED_VAULT_URL: `https://${VAULT}`,
      AZURE_TENANT_ID: VAULT_TENANT,
      AZURE_CLIENT_ID: VAULT_APP,
      AZURE_CLIENT_SECRET: VAULT_APP_SECRET,
      ...environment,
    },
  });
}

function enabledVersions({ vault }: VaultHosts, name: string): boolean[] {
  return vault.secrets.find(name)?.versions.map(({ attributes }) => attributes?.enabled ?? true) ?? [];
}
