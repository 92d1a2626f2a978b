import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { policyJsonSchema } from '../../shared/domain/policy.ts';
import { ConfigurationError, readSettings } from '../../shared/domain/settings.ts';

const PROJECT = { name: 'default', environments: ['dev', 'prod'] };
const ISSUER = { issuer: 'https://issuer.example.com', audience: 'regcred' };
const RULE = { issuer: ISSUER.issuer, match: { sub: 'x' }, project: 'default', roles: ['reader'] };
const POLICY = { projects: [PROJECT], issuers: [ISSUER], rules: [RULE] };

const read = (policy: unknown, more: Record<string, string> = {}) =>
  readSettings({ REGCRED_POLICY: typeof policy === 'string' ? policy : JSON.stringify(policy), ...more });

function mistake(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return '';
}

describe('the settings', () => {
  test('have defaults that work on one machine', () => {
    expect(read(POLICY)).toMatchObject({
      records: 'sqlite',
      queue: 'sqlite',
      secrets: 'local',
      retentionDays: 90,
      inAzure: false,
    });
  });

  test.for<[Record<string, string>, string]>([
    [{ REGCRED_RECORDS: 'postgres' }, 'REGCRED_RECORDS'],
    [{ REGCRED_QUEUE: 'kafka' }, 'REGCRED_QUEUE'],
    [{ REGCRED_SECRETS: 'file' }, 'REGCRED_SECRETS'],
    [{ REGCRED_AWS_REGION: 'Ireland' }, 'REGCRED_AWS_REGION'],
    [{ REGCRED_AWS_REGION: 'eu-west-1.example.com' }, 'REGCRED_AWS_REGION'],
    [{ REGCRED_AWS_REGION: 'eu-west-1a' }, 'REGCRED_AWS_REGION'],
    [{ REGCRED_AWS_ROLE_ARN: 'regcred' }, 'REGCRED_AWS_ROLE_ARN'],
    [{ REGCRED_AWS_ROLE_ARN: 'arn:aws:iam::123456789012:user/regcred' }, 'REGCRED_AWS_ROLE_ARN'],
    [{ REGCRED_AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/team/' }, 'REGCRED_AWS_ROLE_ARN'],
    [{ REGCRED_AWS_ROLE_ARN: 'arn:aws-moon:iam::123456789012:role/regcred' }, 'REGCRED_AWS_ROLE_ARN'],
    [{ REGCRED_AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/regcred', REGCRED_AWS_REGION: 'cn-north-1' }, 'REGCRED_AWS_REGION'],
    [
      { REGCRED_AWS_ROLE_ARN: 'arn:aws-us-gov:iam::123456789012:role/regcred', REGCRED_AWS_REGION: 'us-east-1' },
      'REGCRED_AWS_REGION',
    ],
    [{ REGCRED_TOKEN_AUDIENCE: 'api://regcred/.default' }, 'REGCRED_TOKEN_AUDIENCE'],
    [{ REGCRED_TOKEN_AUDIENCE: 'api://regcred two' }, 'REGCRED_TOKEN_AUDIENCE'],
    [{ REGCRED_PUBLIC_URL: 'regcred.example.com' }, 'REGCRED_PUBLIC_URL'],
    [{ REGCRED_RETENTION_DAYS: '3' }, 'REGCRED_RETENTION_DAYS'],
    [{ REGCRED_RETENTION_DAYS: 'long' }, 'REGCRED_RETENTION_DAYS'],
    [{ REGCRED_POLICY: '' }, 'REGCRED_POLICY'],
    [{ REGCRED_POLICY: '/nowhere/policy.json' }, 'REGCRED_POLICY'],
    [{ REGCRED_POLICY: '{"projects": [' }, 'REGCRED_POLICY'],
  ])('%o is named as the mistake', ([environment, name]) => {
    expect(mistake(() => read(POLICY, environment))).toContain(name);
  });

  test.for([
    'https://regcred-prod.vault.azure.net',
    'https://regcred-prod.vault.azure.net/',
    'https://a23456789012345678901234.vault.azure.cn',
    'https://kv1.vault.usgovcloudapi.net',
  ])('%s is the address of a vault', (url) => {
    expect(read(POLICY, { REGCRED_VAULT_URL: url })).toMatchObject({ vaultUrl: url });
  });

  test.for([
    'http://regcred-prod.vault.azure.net',
    'https://vault.example.com',
    'https://regcred-prod.vault.azure.net.example.com',
    'https://regcred-prod.vault.azure.net:8443',
    'https://user@regcred-prod.vault.azure.net',
    'https://regcred-prod.vault.azure.net/secrets',
    'https://a.b.vault.azure.net',
    'https://1kv.vault.azure.net',
    'https://kv-.vault.azure.net',
    'https://k--v.vault.azure.net',
    'https://kv.vault.azure.net',
    'https://a234567890123456789012345.vault.azure.net',
    'regcred-prod',
  ])('%s is none', (url) => {
    expect(mistake(() => read(POLICY, { REGCRED_VAULT_URL: url }))).toContain('REGCRED_VAULT_URL');
  });

  test.for(['eu-west-1', 'ap-southeast-2', 'us-gov-west-1', 'cn-northwest-1', 'eusc-de-east-1', 'us-isob-east-1'])(
    '%s is a region',
    (region) => {
      expect(read(POLICY, { REGCRED_AWS_REGION: region })).toMatchObject({ awsRegion: region });
    },
  );

  test('a role and a region of one partition are fine', () => {
    const settings = { REGCRED_AWS_ROLE_ARN: 'arn:aws-cn:iam::123456789012:role/regcred', REGCRED_AWS_REGION: 'cn-north-1' };

    expect(read(POLICY, settings)).toMatchObject({ awsRoleArn: settings.REGCRED_AWS_ROLE_ARN, awsRegion: 'cn-north-1' });
  });

  test.for<[Record<string, string>, object]>([
    [{ AzureWebJobsStorage: 'UseDevelopmentStorage=true' }, { connectionString: 'UseDevelopmentStorage=true' }],
    [{ AzureWebJobsStorage: '', AzureWebJobsStorage__accountName: 'regcred1' }, { accountName: 'regcred1' }],
    [
      {
        AzureWebJobsStorage__accountName: 'regcred1',
        AzureWebJobsStorage__credential: 'managedidentity',
        AzureWebJobsStorage__clientId: '11111111-2222-3333-4444-555555555555',
      },
      { accountName: 'regcred1', clientId: '11111111-2222-3333-4444-555555555555' },
    ],
  ])('%o is the storage account of table and queues', ([environment, storage]) => {
    expect(read(POLICY, { REGCRED_RECORDS: 'table', ...environment })).toMatchObject({ storage });
    expect(read(POLICY, { REGCRED_QUEUE: 'storage-queue', ...environment })).toMatchObject({ storage });
  });

  test.for<Record<string, string>>([
    {},
    { AzureWebJobsStorage: 'the-key-alone-c2VjcmV0' },
    { AzureWebJobsStorage__accountName: 'Not_an_account' },
    { AzureWebJobsStorage__accountName: 'regcred1', AzureWebJobsStorage__credential: 'key' },
    { AzureWebJobsStorage__accountName: 'regcred1', AzureWebJobsStorage__clientId: 'app' },
  ])('%o names no storage account', (environment) => {
    const message = mistake(() => read(POLICY, { REGCRED_QUEUE: 'storage-queue', ...environment }));

    expect(message).toContain('AzureWebJobsStorage');
    expect(message).not.toContain('c2VjcmV0');
  });

  test('names every mistake at once', () => {
    expect(mistake(() => read(POLICY, { REGCRED_RECORDS: 'x', REGCRED_QUEUE: 'y' })).split('\n')).toHaveLength(2);
  });

  test('an empty setting is one that was not given', () => {
    expect(read(POLICY, { REGCRED_RETENTION_DAYS: '' })).toMatchObject({ retentionDays: 90 });
  });

  test('a policy may be a file, and its name stands in what is wrong with it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'regcred-policy-'));
    const file = join(folder, 'policy.json');
    try {
      await writeFile(file, JSON.stringify(POLICY));
      expect(read(file).policy.projects).toMatchObject([PROJECT]);

      await writeFile(file, '{"projects": "none", "rules": "hunter2-secret"}');
      expect(mistake(() => read(file))).toContain(`${file}: /projects`);
      await writeFile(file, '{"hunter2-secret');
      expect(mistake(() => read(file))).not.toContain('hunter2-secret');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a mistake in the policy is named by its path', () => {
  const rule = (more: object) => ({ ...POLICY, rules: [RULE, { ...RULE, ...more }] });
  test.for<[object, string]>([
    [{}, '/projects'],
    [{ projects: [] }, '/projects'],
    [{ ...POLICY, colour: 'red' }, 'colour'],
    [{ ...POLICY, projects: [{ ...PROJECT, name: 'Default' }] }, '/projects/0/name'],
    [{ ...POLICY, projects: [{ ...PROJECT, environments: [] }] }, '/projects/0/environments'],
    [{ ...POLICY, projects: [{ ...PROJECT, environments: ['a b'] }] }, '/projects/0/environments/0'],
    [{ ...POLICY, projects: [{ ...PROJECT, networks: ['10.0.0.0'] }] }, '/projects/0/networks/0'],
    [{ ...POLICY, projects: [{ ...PROJECT, secretStore: 'vault' }] }, '/projects/0/secretStore'],
    [{ ...POLICY, projects: [{ ...PROJECT, upstreams: ['arn:aws:iam::123456789012:role/*'] }] }, '/projects/0/upstreams/0'],
    [{ ...POLICY, projects: [{ ...PROJECT, upstreams: ['/subscriptions'] }] }, '/projects/0/upstreams/0'],
    [{ ...POLICY, projects: [{ ...PROJECT, upstreams: ['contoso.azurecr.io'] }] }, '/projects/0/upstreams/0'],
    [{ ...POLICY, projects: [PROJECT, PROJECT] }, '/projects/1/name'],
    [{ ...POLICY, issuers: [ISSUER, ISSUER] }, '/issuers/1/issuer'],
    [{ ...POLICY, issuers: [{ issuer: 'x' }], rules: [] }, '/issuers/0/audience'],
    [{ ...POLICY, issuers: [{ ...ISSUER, jwks: 'keys.json' }] }, '/issuers/0/jwks'],
    [rule({ issuer: 'https://other.example.com' }), '/rules/1/issuer'],
    [rule({ project: 'defualt' }), '/rules/1/project'],
    [rule({ environments: ['porduction'] }), '/rules/1/environments/0'],
    [rule({ project: '*', environments: ['porduction'] }), '/rules/1/environments/0'],
    [rule({ roles: ['owner'] }), '/rules/1/roles/0'],
    [rule({ roles: [] }), '/rules/1/roles'],
    [rule({ purposes: ['read'] }), '/rules/1/purposes/0'],
    [rule({ match: { sub: 7 } }), '/rules/1/match/sub'],
    [rule({ match: {} }), '/rules/1/match'],
    [rule({ handOutsPerHour: 0 }), '/rules/1/handOutsPerHour'],
    [{ ...POLICY, network: { relaxed: { localhost: [] } } }, '/network/relaxed/localhost'],
    [{ ...POLICY, network: { relaxed: { 'localhost:5000': ['http'] } } }, '/network/relaxed/localhost:5000/0'],
    [{ ...POLICY, network: { connectTo: { 'ghcr.io:443': 'peer' } } }, '/network/connectTo/ghcr.io:443'],
    [{ ...POLICY, network: { connectTo: { 'ghcr.io:443': '127.0.0.1:*' } } }, '/network/connectTo/ghcr.io:443'],
    [{ ...POLICY, network: { connectTo: { 'ghcr.io:443': '127.0.0.1:65536' } } }, '/network/connectTo/ghcr.io:443'],
    [{ ...POLICY, network: { connectTo: { 'ghcr.io:443': '127.0.0.1:0' } } }, '/network/connectTo/ghcr.io:443'],
    [{ ...POLICY, network: { connectTo: { 'ghcr.io:443': 'pe%er:4443' } } }, '/network/connectTo/ghcr.io:443'],
    [{ ...POLICY, network: { connectTo: { 'ghcr.io:443': 'peer?x:4443' } } }, '/network/connectTo/ghcr.io:443'],
    [{ ...POLICY, network: { connectTo: { 'ghcr.io:70000': '127.0.0.1:4443' } } }, '/network/connectTo/ghcr.io:70000'],
    [{ ...POLICY, network: { relaxed: { 'localhost:65536': [] } } }, '/network/relaxed/localhost:65536'],
    [{ ...POLICY, network: { relaxed: { 'localhost:0': [] } } }, '/network/relaxed/localhost:0'],
    [{ ...POLICY, network: { connectTo: { 'ghcr.io:*': '127.0.0.1:4443' } } }, '/network/connectTo/ghcr.io:*'],
    [{ ...POLICY, network: { connectTo: { 'GHCR.io:443': '127.0.0.1:4443' } } }, '/network/connectTo/GHCR.io:443'],
    [{ ...POLICY, network: { relaxed: { 'Old.example.com:8443': [] } } }, '/network/relaxed/Old.example.com:8443'],
    [{ ...POLICY, network: { relaxed: { '[0:0::1]:5000': [] } } }, '/network/relaxed/[0:0::1]:5000'],
    [
      { ...POLICY, acrSources: [{ resourceId: 'x', loginServer: 'y', webhookSecretSha256: 'z' }] },
      '/acrSources/0/webhookSecretSha256',
    ],
  ])('%o', ([policy, path]) => {
    expect(mistake(() => read(policy))).toContain(path);
  });

  test('each form of an upstream is fine', () => {
    const guid = '3f2b8c1e-5d47-4a90-9b6e-0c1d2e3f4a5b';
    const upstreams = [
      guid,
      `/subscriptions/${guid}`,
      `/subscriptions/${guid}/resourceGroups/images (old)/providers/Microsoft.ContainerRegistry/registries/contoso`,
      'arn:aws-cn:iam::123456789012:role',
      'arn:aws:iam::123456789012:role/team/',
      'projects/my-project',
      'projects/my-project/serviceAccounts/pull@my-project.iam.gserviceaccount.com',
      'projects/example.com:my-project',
    ];

    expect(read({ ...POLICY, projects: [{ ...PROJECT, upstreams }] }).policy.projects).toMatchObject([{ upstreams }]);
  });

  test('hosts and addresses in the spelling that is compared are fine', () => {
    const relaxed = {
      'old.example.com:8443': [],
      'localhost:*': [],
      '127.0.0.1:80': [],
      '[::1]:5000': [],
      'xn--mnchen-3ya.de:*': [],
    };

    expect(mistake(() => read({ ...POLICY, network: { relaxed, connectTo: { 'ghcr.io:443': '[::1]:4443' } } }))).toBe('');
  });

  test.for<[object, string]>([
    [{ connectTo: { 'ghcr.io:443': '127.0.0.1:4443' } }, '/network/connectTo'],
    [{ ca: 'ca.pem' }, '/network/ca'],
    [{ relaxed: { 'localhost:5000': ['loopback'] } }, '/network/relaxed/localhost:5000'],
  ])('in Azure %o', ([network, path]) => {
    expect(mistake(() => read({ ...POLICY, network }, { WEBSITE_SITE_NAME: 'app' }))).toContain(path);
    expect(mistake(() => read({ ...POLICY, network }))).toBe('');
  });
});

describe('the published schema', () => {
  test('is a JSON Schema of what an operator writes', () => {
    expect(policyJsonSchema()).toMatchObject({ type: 'object', required: ['projects'], additionalProperties: false });
  });
});
