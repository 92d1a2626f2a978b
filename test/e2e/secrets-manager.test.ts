import { describe, expect, test } from 'vitest';
import { create, CREDENTIALS, passwordOf, patch } from '../crash/credentials.ts';
import { startAws } from '../peers/aws.ts';
import { createOwnEntra, OWN_APP, OWN_ENVIRONMENT, OWN_OBJECT, trustInAws } from '../peers/federation.ts';
import { startNamedHosts } from '../peers/named-hosts.ts';
import { needs } from '../peers/need.ts';
import { AWS_REGION, startSecretsManager, type SecretsManagerHosts } from '../peers/secrets-manager-hosts.ts';
import { startService, TEST_POLICY, type Service } from '../service.ts';
import { temporaryFolder } from '../stores/temporary-folder.ts';

const PASSWORD = 'canary-of-a-password "é" %41+/=';
const SECRET_KEY = 'a-secret-key-of-regcred-itself';

const ROLE = 'arn:aws:iam::210987654321:role/regcred';
const BY_ROLE_SETTINGS = { REGCRED_AWS_ROLE_ARN: ROLE, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
const BY_ROLE = { ...BY_ROLE_SETTINGS, ...OWN_ENVIRONMENT };

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

  test('asks with its role in AWS, for a token of Entra ID, and has no key of its own', async () => {
    await using aws = await startSecretsManager();
    await using federation = await startFederation();
    await using service = await startOn(aws, BY_ROLE, { also: federation });

    const id = await create(service, { name: 'In AWS', host: 'aws.example.com', password: PASSWORD });

    expect(await passwordOf(service, id)).toBe(PASSWORD);
    expect(aws.hosts.requests.filter(({ authorization }) => authorization !== 'AWS4-HMAC-SHA256')).toEqual([]);
    // One session of the role for all of it.
    expect(federation.aws.calls).toEqual(['sts:AssumeRoleWithWebIdentity']);
    expect(service.output()).not.toMatch(/canary|eyJ|Q~a-client/);
  });

  test('is not ready while the role does not trust it, and says what the role must trust', async () => {
    await using aws = await startSecretsManager();
    await using federation = await startFederation();
    federation.aws.roles.clear();
    await using service = await startOn(aws, BY_ROLE, { also: federation });

    const body = { url: 'aws.example.com', name: 'A', username: 'u', password: PASSWORD };
    const refused = await service.post(`${CREDENTIALS}?check=skip`, body);

    expect(refused).toMatchObject({ status: 503, json: { code: 'STORE_UNAVAILABLE' } });
    for (const text of [ROLE, OWN_OBJECT, OWN_APP]) expect(refused.json.hint).toContain(text);
    expect(await service.get('/api/health')).toMatchObject({ status: 503 });
    expect(refused.text + service.output()).not.toMatch(/canary|eyJ|Q~a-client/);
  });

  test.for([
    [{ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }, /REGCRED_AWS_ROLE_ARN: is missing/],
    [{}, /AWS_ACCESS_KEY_ID: a key that does not end has no place in Azure/],
    [{ ...BY_ROLE_SETTINGS, REGCRED_AWS_REGION: '' }, /REGCRED_AWS_REGION/],
  ] as const)('does not start in Azure with %o', async ([more, says]) => {
    const environment = { ...ENVIRONMENT, WEBSITE_SITE_NAME: 'regcred', ...more };

    await expect(startService({ policy: { network: {} }, environment })).rejects.toThrow(says);
  });
});

/** STS and Entra ID, where the role trusts the service. */
async function startFederation() {
  const aws = await startAws({ account: '210987654321', region: AWS_REGION });
  const entra = createOwnEntra();
  const microsoft = await startNamedHosts({ 'login.microsoftonline.com': entra.handle });
  trustInAws(aws, entra, ROLE);
  return {
    aws,
    connectTo: { ...aws.hosts.network.connectTo, ...microsoft.network.connectTo },
    ca: `${aws.hosts.network.ca}\n${microsoft.network.ca}`,
    async [Symbol.asyncDispose]() {
      await microsoft[Symbol.asyncDispose]();
      await aws[Symbol.asyncDispose]();
    },
  };
}

const ENVIRONMENT = {
  REGCRED_SECRETS: 'secrets-manager',
  REGCRED_AWS_REGION: AWS_REGION,
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: SECRET_KEY,
};

interface More {
  policy?: object;
  /** Further hosts that the service should reach. */
  also?: { connectTo: Record<string, string>; ca: string };
  data?: string;
}

function startOn({ hosts }: SecretsManagerHosts, environment = {}, { policy, also, data }: More = {}): Promise<Service> {
  const connectTo = { ...hosts.network.connectTo, ...also?.connectTo };
  const ca = [hosts.network.ca, also?.ca].join('\n');
  return startService({
    ...(data && { data }),
    policy: { ...policy, network: { ...TEST_POLICY.network, connectTo, ca } },
    environment: { ...ENVIRONMENT, ...environment },
  });
}
