import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import { eventually, type Reply, type Service } from '../service.ts';

const PROJECT = '/api/projects/default';
const PASSWORD = 'canary-password';

let service: Service;
beforeAll(async () => {
  service = await startDocumentedService();
});
afterAll(() => service[Symbol.asyncDispose]());

const auth = (username: string, password = PASSWORD) => ({ auth: Buffer.from(`${username}:${password}`).toString('base64') });

/** Posts a file as it is, asks no registry, and answers the report. */
async function imported(config: object): Promise<Reply['json']> {
  const reply = await service.post(`${PROJECT}/imports?check=skip&environments=dev&purpose=push&labels=from:laptop`, undefined, {
    raw: JSON.stringify(config, null, '\t'),
  });
  expect(reply.status).toBe(202);
  return eventually(async () => {
    const { json, text } = await service.get(reply.headers.get('location') ?? '');
    expect(text).not.toContain('canary');
    return json.status === 'ended' && json;
  });
}

/** The line of an entry that nothing can be made of. */
const failed = (name: string, code: string) => ({
  status: 'failed',
  code: 'INVALID_INPUT',
  name,
  errors: expect.arrayContaining([expect.objectContaining({ code, hint: expect.stringMatching(/\S/) })]),
});

describe('POST /api/projects/{project}/imports with a docker config', () => {
  test.for<[string, string, object]>([
    ['https://index.docker.io/v1/', 'acme', { name: 'docker.io', provider: 'docker-hub', method: 'token', username: 'acme' }],
    ['mycompany.azurecr.io', 'mycompany', { name: 'mycompany.azurecr.io', provider: 'acr', method: 'admin' }],
    ['quay.io', 'acme+ci', { name: 'quay.io', provider: 'quay', method: 'robot', robot: 'acme+ci' }],
    ['https://registry.example.com/v2/', 'ci', { name: 'registry.example.com', provider: 'generic', tls: 'verify' }],
    ['localhost:5000', 'ci', { name: 'localhost:5000', provider: 'generic', tls: 'plain-http' }],
    [`registry.example.com/${'team/'.repeat(14)}app`, 'ci', { name: `…e.com/${'team/'.repeat(14)}app`, provider: 'generic' }],
    ['registry.example.com/team/app', 'ci', { name: 'registry.example.com/team/app', url: 'registry.example.com/team/app' }],
  ])('reads %s of %s', async ([key, username, expected]) => {
    const { entries } = await imported({ auths: { [key]: auth(username) } });

    expect(entries).toMatchObject([{ status: 'created', pointer: `/auths/${key.replaceAll('/', '~1')}` }]);
    const made = (await service.get(`${PROJECT}/credentials/${entries[0].id}`)).json;
    expect(made).toMatchObject({ ...expected, environments: ['dev'], purpose: 'push', labels: { from: 'laptop' } });
  });

  test('goes on after what it cannot read, and says what to do about it', async () => {
    const { entries, counts } = await imported({
      auths: {
        '123456789012.dkr.ecr.eu-west-1.amazonaws.com': auth('AWS'),
        'session.azurecr.io': { ...auth('00000000-0000-0000-0000-000000000000', ''), identitytoken: PASSWORD },
        'stored.example.com': {},
        'broken.example.com': { auth: PASSWORD },
        [`https://ci:${PASSWORD}@inside.example.com`]: auth('ci'),
        'http://old.example.com': auth('ci'),
        'good.example.com': auth('ci'),
      },
      credHelpers: { 'gcr.io': 'gcloud' },
      credsStore: 'desktop',
      HttpHeaders: { 'User-Agent': PASSWORD },
      proxies: { default: { httpProxy: `http://ci:${PASSWORD}@proxy.example.com` } },
    });

    expect(counts).toEqual({ total: 8, created: 1, failed: 7, pending: 0 });
    expect(entries).toMatchObject([
      failed('123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'MINTED_LOGIN'),
      failed('session.azurecr.io', 'IDENTITY_TOKEN'),
      failed('stored.example.com', 'CREDENTIAL_STORE'),
      failed('broken.example.com', 'NOT_BASE64'),
      { status: 'failed', pointer: '/auths', errors: [{ code: 'USER_INFO' }] },
      { status: 'failed', code: 'PLAIN_HTTP_NOT_ALLOWED', name: 'old.example.com' },
      { status: 'created', name: 'good.example.com' },
      { ...failed('gcr.io', 'CREDENTIAL_HELPER'), pointer: '/credHelpers/gcr.io' },
    ]);
    expect(entries[4]).not.toHaveProperty('name');
  });

  test.for<[string, object, string]>([
    ['no logins', { auths: {} }, '/auths'],
    ['logins in a credential store alone', { credsStore: 'desktop' }, '/auths'],
    ['auths that are a list', { auths: [] }, '/auths'],
    ['too many', { auths: Object.fromEntries(Array.from({ length: 501 }, (_, n) => [`r${n}.example.com`, {}])) }, '/auths'],
  ])('refuses one with %s', async ([, config, pointer]) => {
    const reply = await service.post(`${PROJECT}/imports`, config);

    expect(reply).toMatchObject({ status: 400, json: { code: 'INVALID_INPUT', hint: expect.any(String) } });
    expect(reply.json.errors).toContainEqual(expect.objectContaining({ pointer }));
  });
});
