import { describe, expect, test } from 'vitest';
import { create, CREDENTIALS, passwordOf, patch } from '../crash/credentials.ts';
import { needs } from '../peers/need.ts';
import { AWS_REGION, startSecretsManager, type SecretsManagerHosts } from '../peers/secrets-manager-hosts.ts';
import { startService, TEST_POLICY, type Service } from '../service.ts';
import { temporaryFolder } from '../stores/temporary-folder.ts';

const PASSWORD = 'canary-of-a-password "é" %41+/=';
const SECRET_KEY = 'a-secret-key-of-regcred-itself';

const MAY_ALL = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'secretsmanager:*', Resource: '*' }] };

describe('the service with its secrets in Secrets Manager', needs('moto'), () => {
  test('stores, hands out, replaces, deletes and restores', async () => {
    await using aws = await startSecretsManager();
    await using service = await startOn(aws);

    const id = await create(service, { name: 'In AWS', host: 'aws.example.com', password: PASSWORD });
    expect(await passwordOf(service, id)).toBe(PASSWORD);

    const changed = await patch(service, id, { username: 'user-of-another-password', password: 'another-password' });
    expect(changed).toMatchObject({ status: 200 });
    expect(await passwordOf(service, id)).toBe('another-password');

    expect(await service.delete(`${CREDENTIALS}/${id}`)).toMatchObject({ status: 204 });
    expect(await passwordOf(service, id)).toBeUndefined();
    expect(await service.post(`${CREDENTIALS}/${id}/restore`)).toMatchObject({ status: 200 });
    expect(await passwordOf(service, id)).toBe('another-password');

    expect(await service.get('/api/health')).toMatchObject({ status: 200 });
    expect(service.output()).not.toMatch(/canary|another-password"|a-secret-key/);
  });

  test('asks with the key that the environment names, and is not ready with another', async () => {
    await using aws = await startSecretsManager();
    const key = await aws.moto.addUser('regcred', MAY_ALL);
    const environment = { AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey };
    await using service = await startOn(aws, environment);
    await using stranger = await startOn(aws);

    await create(service, { name: 'A', host: 'aws.example.com', password: PASSWORD });
    const body = { url: 'aws.example.com', name: 'A', username: 'u', password: PASSWORD };
    const refused = await stranger.post(`${CREDENTIALS}?check=skip`, body);
    const health = await stranger.get('/api/health');

    expect(refused).toMatchObject({ status: 503, json: { code: 'STORE_UNAVAILABLE' } });
    // The hint is not looked at: AWS names the error in JSON, moto in XML.
    expect(health).toMatchObject({ status: 503 });
    expect(health.text).toContain('secrets/secrets-manager');
    expect(refused.text + health.text + stranger.output()).not.toMatch(/canary|a-secret-key/);
  });

  test('may be the store of one project alone', async () => {
    await using aws = await startSecretsManager();
    const projects = TEST_POLICY.projects.map((project) => ({ ...project, secretStore: 'secrets-manager' }));
    await using service = await startOn(aws, { REGCRED_SECRETS: 'local' }, { policy: { projects } });

    const id = await create(service, { name: 'In AWS', host: 'aws.example.com', password: PASSWORD });

    expect(await passwordOf(service, id)).toBe(PASSWORD);
    expect(aws.hosts.requests).not.toEqual([]);
  });

  test('that is no longer named is asked for by name', async () => {
    await using aws = await startSecretsManager();
    await using folder = await temporaryFolder();
    const before = await startOn(aws, {}, { data: folder.path });
    const id = await create(before, { name: 'In AWS', host: 'aws.example.com', password: PASSWORD });
    await before.stop();

    await using service = await startOn(aws, { REGCRED_SECRETS: 'local', REGCRED_AWS_REGION: '' }, { data: folder.path });
    const refused = await service.post(`${CREDENTIALS}/${id}/login`);

    expect(refused).toMatchObject({ status: 503, json: { code: 'STORE_UNAVAILABLE' } });
    expect(refused.json.hint).toContain('REGCRED_AWS_REGION');
  });

  test.for([
    [{ REGCRED_AWS_REGION: '' }, /REGCRED_AWS_REGION/],
    [{ AWS_SECRET_ACCESS_KEY: '' }, /AWS_SECRET_ACCESS_KEY/],
  ] as const)('does not start with %o', async ([environment, says]) => {
    await using aws = await startSecretsManager();

    await expect(startOn(aws, environment)).rejects.toThrow(says);
  });

  test('does not start in Azure, where a key that does not end has no place', async () => {
    const environment = { ...ENVIRONMENT, WEBSITE_SITE_NAME: 'regcred' };

    await expect(startService({ policy: { network: {} }, environment })).rejects.toThrow(
      /secrets-manager is not to be had in Azure/,
    );
  });
});

const ENVIRONMENT = {
  REGCRED_SECRETS: 'secrets-manager',
  REGCRED_AWS_REGION: AWS_REGION,
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: SECRET_KEY,
};

interface More {
  policy?: object;
  data?: string;
}

function startOn({ hosts }: SecretsManagerHosts, environment = {}, { policy, data }: More = {}): Promise<Service> {
  return startService({
    ...(data && { data }),
    policy: { ...policy, network: { ...TEST_POLICY.network, ...hosts.network } },
    environment: { ...ENVIRONMENT, ...environment },
  });
}
