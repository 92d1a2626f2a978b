import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import type { Service } from '../service.ts';

const CREDENTIALS = '/api/projects/default/credentials';

const ACR = 'contoso.azurecr.io';
const ECR = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const APP = '3f2b8c1e-5d47-4a90-9b6e-0c1d2e3f4a5b';
const TENANT = '9a8b7c6d-5e4f-4321-8765-43210fedcba9';
const AWS_SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const OTHER_AWS_SECRET = 'je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY';
const HUB_TOKEN = 'dckr_oat_Example0Example0Example0Exa';

const repositoryToken = { url: ACR, username: 'ci-pull', password: 'first-password' };
const principal = { url: ACR, clientId: APP, tenantId: TENANT, clientSecret: 'first-secret-of-the-app' };
const accessKey = { url: ECR, username: 'AKIAIOSFODNN7EXAMPLE', password: AWS_SECRET };

let service: Service;
beforeAll(async () => {
  service = await startDocumentedService();
});
afterAll(() => service[Symbol.asyncDispose]());

/** Stores a form unchecked, changes it unchecked, and answers both replies. */
async function patched(form: object, change: object) {
  const created = await service.post(`${CREDENTIALS}?check=skip`, { name: `CI ${randomUUID()}`, ...form });
  expect(created.status).toBe(201);
  const path = `${CREDENTIALS}/${created.json.id}`;
  const reply = await service.patch(`${path}?check=skip`, change, { headers: { 'if-match': '*' } });
  return { created: created.json, reply, login: async () => (await service.post(`${path}/login`)).json.value };
}

describe('a patch speaks of username and password where the method calls them otherwise', () => {
  test.for<[string, object, object, object]>([
    ['the password of a repository token', repositoryToken, { password: 'next' }, { username: 'ci-pull', password: 'next' }],
    [
      'name and password of a repository token',
      repositoryToken,
      { username: 'ci-push', password: 'next' },
      { username: 'ci-push', password: 'next' },
    ],
    ['the password of an app', principal, { password: 'next-secret' }, { username: APP, password: 'next-secret' }],
    [
      'the password of a robot',
      { provider: 'harbor', url: 'harbor.example.com', robot: 'robot$team+ci', secret: 'first' },
      { password: 'next' },
      { username: 'robot$team+ci', password: 'next' },
    ],
    [
      'name and password of a robot',
      { url: 'quay.io', robot: 'acme+ci', token: 'first' },
      { username: 'acme+cd', password: 'next' },
      { username: 'acme+cd', password: 'next' },
    ],
    [
      'the password of an organization',
      { url: 'docker.io', organization: 'acme', token: HUB_TOKEN },
      { password: `${HUB_TOKEN}1` },
      { username: 'acme', password: `${HUB_TOKEN}1` },
    ],
  ])('%s', async ([, form, change, expected]) => {
    const { created, reply, login } = await patched(form, change);

    expect(reply).toMatchObject({ status: 200, json: { method: created.method, revision: 2 } });
    expect(await login()).toEqual(expected);
  });

  test('the secret of an access key', async () => {
    const { reply } = await patched(accessKey, { password: OTHER_AWS_SECRET });

    expect(reply).toMatchObject({ status: 200, json: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', revision: 2 } });
  });

  test('both halves of an access key', async () => {
    const { reply } = await patched(accessKey, { username: 'AKIAI44QH8DHBEXAMPLE', password: OTHER_AWS_SECRET });

    expect(reply).toMatchObject({ status: 200, json: { method: 'access-key', accessKeyId: 'AKIAI44QH8DHBEXAMPLE' } });
  });

  test('a mistake is named as the caller calls it', async () => {
    const { reply } = await patched(accessKey, { password: 'too-short' });

    expect(reply).toMatchObject({ status: 400, json: { errors: [{ pointer: '/password', code: 'SECRET_ACCESS_KEY' }] } });
  });

  test('a password cannot be removed under either name', async () => {
    for (const name of ['password', 'clientSecret']) {
      const { reply } = await patched(principal, { [name]: null });

      expect(reply).toMatchObject({ status: 400, json: { errors: [{ pointer: `/${name}`, code: 'REQUIRED' }] } });
    }
  });

  test('the name alone needs the secret it is bound to', async () => {
    const { reply } = await patched(accessKey, { username: 'AKIAI44QH8DHBEXAMPLE' });

    expect(reply).toMatchObject({ status: 422, json: { code: 'MATERIAL_REQUIRED' } });
  });
});

describe('a whole login is understood as if the credential were new', () => {
  test.for<[string, object, object, object]>([
    ['a token of a registry becomes an app', repositoryToken, { username: APP, password: 'a-secret' }, { clientId: APP }],
    ['also by name', repositoryToken, { method: 'service-principal', username: APP, password: 'x' }, { clientId: APP }],
    ['an app becomes a token', principal, { username: 'ci-pull', password: 'x' }, { tokenName: 'ci-pull' }],
    [
      'a token of an organization becomes one of a person',
      { url: 'docker.io', organization: 'acme', token: HUB_TOKEN },
      { username: 'acmeci', password: 'dckr_pat_Example0Example0Example0Exa' },
      { method: 'token', username: 'acmeci' },
    ],
    [
      'a robot of one product becomes one of another',
      { provider: 'harbor', url: 'registry.example.com', robot: 'robot$team+ci', secret: 'first' },
      { provider: 'quay', username: 'acme+ci', password: 'x' },
      { provider: 'quay', method: 'robot', robot: 'acme+ci' },
    ],
  ])('%s', async ([, form, change, expected]) => {
    const { reply, login } = await patched(form, change);

    expect(reply).toMatchObject({ status: 200, json: expected });
    expect(await login()).toEqual({
      username: (change as { username: string }).username,
      password: (change as { password: string }).password,
    });
  });
});

test('a name of another kind asks for its secret', async () => {
  const { reply } = await patched(repositoryToken, { username: APP });

  expect(reply).toMatchObject({ status: 422, json: { code: 'MATERIAL_REQUIRED', errors: [{ pointer: '/clientSecret' }] } });
});

describe('a patch to another method', () => {
  test('leaves behind the settings that mean nothing there', async () => {
    const { reply, login } = await patched(principal, { provider: 'generic', username: 'ci', password: 'next' });

    expect(reply).toMatchObject({ status: 200, json: { provider: 'generic', method: 'password', url: ACR, username: 'ci' } });
    expect(Object.keys(reply.json)).not.toContain('clientId');
    expect(await login()).toEqual({ username: 'ci', password: 'next' });
  });

  test('names what is missing there, and nothing that the caller never sent', async () => {
    const { reply } = await patched(principal, { provider: 'generic', password: 'next' });

    expect(reply.status).toBe(400);
    expect(reply.json.errors).toMatchObject([{ pointer: '/username', code: 'REQUIRED' }]);
  });

  test('still refuses a field that the caller sent and that means nothing', async () => {
    const { reply } = await patched(principal, { provider: 'generic', username: 'ci', password: 'next', tenantId: TENANT });

    expect(reply.status).toBe(400);
    expect(reply.json.errors).toMatchObject([{ pointer: '/tenantId', code: 'UNKNOWN_FIELD' }]);
  });
});
