import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startDocumentedService } from '../documented-service.ts';
import { createAuthority } from '../peers/certificates.ts';
import { eventually, type Service } from '../service.ts';

const CREDENTIALS = '/api/projects/default/credentials';
const HOST = 'registry.example.com:5000';
/** With what JSON, YAML, shells and base64 change. */
const PASSWORD = `p"'\\: #{}é~%+/=& word`;
const CONFIG = {
  auths: { [HOST]: { username: 'ci', password: PASSWORD, auth: Buffer.from(`ci:${PASSWORD}`).toString('base64') } },
};

describe('POST /api/projects/{project}/credentials/{id}/login', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startDocumentedService({
      policy: {
        network: { relaxed: { [HOST]: [] } },
      },
    });
  });
  afterAll(() => service[Symbol.asyncDispose]());

  const created = async (more: object = {}) => {
    const login = { name: `CI ${randomUUID()}`, url: `${HOST}/team`, username: 'ci', password: PASSWORD };
    const reply = await service.post(`${CREDENTIALS}?check=skip`, { ...login, ...more });
    expect(reply.status).toBe(201);
    return `${CREDENTIALS}/${reply.json.id}`;
  };

  test('without a body gives user name and password', async () => {
    const path = await created();

    const reply = await service.post(`${path}/login`, undefined, { as: { role: 'consumer' } });

    expect(reply.status).toBe(200);
    expect(reply.json).toEqual({
      format: 'login',
      value: { username: 'ci', password: PASSWORD },
      scope: 'unrestricted',
      tls: 'verify',
      warnings: [],
    });
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });

  test('as docker-config is what docker and podman read', async () => {
    const path = await created();

    const reply = await service.post(`${path}/login`, { format: 'docker-config' });

    expect(reply).toMatchObject({ status: 200, json: { format: 'docker-config' } });
    expect(reply.json.value).toEqual(CONFIG);
  });

  test('as kubernetes-secret is a Secret that kubectl applies', async () => {
    const path = await created();
    const labels = { app: 'on', 'example.com/tier': '012', y: 'null' };

    const { json } = await service.post(`${path}/login`, {
      format: 'kubernetes-secret',
      secretName: 'pull',
      namespace: '1e3',
      labels,
    });

    // kubectl reads YAML 1.1, where on, y and 012 are no strings unless they are quoted.
    for (const version of ['1.1', '1.2'] as const) {
      const { data, ...rest } = parse(json.value, { version });
      expect(rest).toEqual({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'pull', namespace: '1e3', labels },
        type: 'kubernetes.io/dockerconfigjson',
      });
      expect(Object.keys(data)).toEqual(['.dockerconfigjson']);
      expect(JSON.parse(Buffer.from(data['.dockerconfigjson'], 'base64').toString('utf8'))).toEqual(CONFIG);
    }
  });

  test('as helm-values has the shape of the chart', async () => {
    const path = await created();

    const { json } = await service.post(`${path}/login`, { format: 'helm-values', secretName: 'pull', labels: { app: 'yes' } });

    for (const version of ['1.1', '1.2'] as const) {
      const { secrets, ...rest } = parse(json.value, { version });
      expect(rest).toEqual({ name: 'pull', type: 'kubernetes.io/dockerconfigjson', labels: { app: 'yes' } });
      expect(secrets.data).toEqual([{ key: '.dockerconfigjson', value: expect.any(String) }]);
      expect(JSON.parse(secrets.data[0].value)).toEqual(CONFIG);
    }
  });

  test.for<[string, object, string]>([
    ['login', {}, 'application/json'],
    ['docker-config', {}, 'application/json'],
    ['kubernetes-secret', { secretName: 'pull' }, 'application/yaml'],
    ['helm-values', { secretName: 'pull' }, 'application/yaml'],
  ])('?raw=true answers %s alone, in its own type', async ([format, more, type]) => {
    const path = await created();
    const body = { format, ...more };

    const raw = await service.post(`${path}/login?raw=true`, body);

    const { value } = (await service.post(`${path}/login?raw=false`, body)).json;
    expect(raw.status).toBe(200);
    expect(raw.headers.get('content-type')).toContain(type);
    expect(raw.headers.get('cache-control')).toBe('no-store');
    expect(type === 'application/json' ? raw.json : raw.text).toEqual(value);
  });

  test('says how the registry is reached, and until when the login works', async () => {
    const { pem } = createAuthority();
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const path = await created({ ca: pem, expiresAt });

    const { json } = await service.post(`${path}/login`);

    expect(json).toMatchObject({ tls: 'custom-ca', ca: pem.trim(), expiresAt });
    expect(Date.parse(json.refreshAfter)).toBeLessThan(Date.parse(expiresAt) - 1_700_000);
  });

  test('warns where the login does more than was asked for', async () => {
    const path = await created({ purpose: 'push' });

    const { json } = await service.post(`${path}/login`, { repositories: ['team/app'], actions: ['pull'] });

    expect(json.warnings.map(({ code }: { code: string }) => code)).toEqual(['NOT_NARROWED', 'MAY_PUSH']);
  });

  test('gives the new one after a patch, though the old one was in memory', async () => {
    const path = await created();
    await service.post(`${path}/login`);
    await service.patch(`${path}?check=skip`, { password: 'second-password' }, { headers: { 'if-match': '*' } });

    expect((await service.post(`${path}/login`)).json.value.password).toBe('second-password');
  });

  test('is told in the activity: who, what and how, never the login', async () => {
    const path = await created({ environments: ['dev'] });
    const { headers } = await service.post(
      `${path}/login`,
      { format: 'docker-config', environment: 'dev', repositories: ['team/app'], actions: ['pull'] },
      { as: { subject: 'build-7', role: 'consumer' } },
    );

    const { json, text } = await service.get(`${path}/activity`);

    expect(json.value[0]).toMatchObject({
      type: 'regcred.credential.handed-out',
      by: { subject: 'build-7' },
      data: {
        format: 'docker-config',
        environment: 'dev',
        repositories: ['team/app'],
        actions: ['pull'],
        expiresAt: null,
        requestId: headers.get('x-request-id'),
      },
    });
    expect(text).not.toContain(PASSWORD.slice(-8));
    const used = await eventually(async () => (await service.get(path)).json.status.lastUsedAt);
    expect(Date.parse(used)).toBeGreaterThan(Date.now() - 60_000);
  });

  describe('the environment', () => {
    test.for<[string[], string | undefined, string, number]>([
      // environments of the credential, asked for, of the caller's rule ('' for all), answer
      [[], undefined, '', 200],
      [[], 'dev', '', 200],
      [[], undefined, 'dev', 403],
      [[], 'dev', 'dev', 200],
      [[], 'prod', 'dev', 403],
      [['dev'], undefined, 'dev', 200],
      [['dev'], 'dev', 'dev', 200],
      [['dev'], 'prod', '', 400],
      [['dev', 'prod'], undefined, 'dev', 403],
      [['dev', 'prod'], 'dev', 'dev', 200],
      [['dev', 'prod'], 'prod', 'dev', 403],
      [['prod'], 'prod', 'dev', 404],
      [[], 'nowhere', '', 400],
    ])('of %o, asked for as %s by a consumer of "%s": %d', async ([environments, environment, own, status]) => {
      const path = await created({ environments });

      const reply = await service.post(
        `${path}/login`,
        { ...(environment && { environment }) },
        { as: { role: 'consumer', environment: own } },
      );

      expect(reply.status).toBe(status);
      expect(reply.text.includes('"password"')).toBe(status === 200);
    });
  });

  describe('is refused', () => {
    test('where the credential is switched off', async () => {
      const path = await created({ enabled: false });

      expect(await service.post(`${path}/login`)).toMatchObject({ status: 409, json: { code: 'CREDENTIAL_DISABLED' } });
    });

    test('to push with a credential that is for pulling', async () => {
      const path = await created({ purpose: 'pull' });

      const reply = await service.post(`${path}/login`, { repositories: ['team/app'], actions: ['pull', 'push'] });

      expect(reply).toMatchObject({ status: 400, json: { code: 'INVALID_INPUT', errors: [{ pointer: '/actions/1' }] } });
    });

    test('where its purpose is admin, to anybody', async () => {
      const path = await created({ purpose: 'admin' });

      expect(await service.post(`${path}/login`)).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
    });

    test('where the secret was removed by hand; the standing says so, and a new secret ends it', async () => {
      const path = await created();
      await rm(join(service.data, 'secrets', 'active', path.split('/').at(-1) ?? ''), { recursive: true });

      expect(await service.post(`${path}/login`)).toMatchObject({
        status: 503,
        json: { code: 'SECRET_MISSING', hint: expect.any(String) },
      });
      expect((await service.get(path)).json).toMatchObject({
        status: { standing: 'rejected' },
        warnings: [{ code: 'SECRET_MISSING' }, { code: 'SHARED_BY_ENVIRONMENTS' }],
      });

      await service.patch(`${path}?check=skip`, { password: 'second-password' }, { headers: { 'if-match': '*' } });
      expect((await service.post(`${path}/login`)).json.value.password).toBe('second-password');
      expect((await service.get(path)).json).toMatchObject({
        status: { standing: 'unverified' },
        warnings: [{ code: 'SHARED_BY_ENVIRONMENTS' }],
      });
    });

    test.for<[unknown, string]>([
      [{ format: 'toml' }, '/format'],
      [{ format: 'kubernetes-secret' }, '/secretName'],
      [{ format: 'kubernetes-secret', secretName: 'Pull Secret' }, '/secretName'],
      [{ format: 'kubernetes-secret', secretName: 'a..b' }, '/secretName'],
      [{ format: 'kubernetes-secret', secretName: 'pull', namespace: 'a.b' }, '/namespace'],
      [{ format: 'helm-values', secretName: 'pull', labels: { 'a b': 'x' } }, '/labels/a b'],
      [{ format: 'helm-values', secretName: 'pull', labels: { a: 'x y' } }, '/labels/a'],
      [{ format: 'login', secretName: 'pull' }, '/secretName'],
      [{ repositories: ['Team/App'] }, '/repositories/0'],
      [{ repositories: [] }, '/repositories'],
      [{ actions: ['delete'] }, '/actions/0'],
      [{ fresh: 'yes' }, '/fresh'],
      [{ environment: 7 }, '/environment'],
      [null, ''],
      ['login', ''],
      [[], ''],
    ])('for %o', async ([body, pointer]) => {
      const path = await created();

      const reply = await service.post(`${path}/login`, body);

      expect(reply).toMatchObject({
        status: 400,
        json: { code: 'INVALID_INPUT', errors: [{ pointer, hint: expect.any(String) }] },
      });
    });

    test.for(['raw=1', 'raw=yes', 'raw=', 'raw=true&raw=true', 'format=login'])('for ?%s', async (query) => {
      expect(await service.post(`${await created()}/login?${query}`)).toMatchObject({
        status: 400,
        json: { code: 'INVALID_INPUT' },
      });
    });

    test('without the role consumer', async () => {
      const path = await created();

      expect(await service.post(`${path}/login`, undefined, { as: null })).toMatchObject({ status: 401 });
      for (const role of ['reader', 'operator'])
        expect(await service.post(`${path}/login`, undefined, { as: { role } })).toMatchObject({ status: 403 });
      expect(await service.post(`${CREDENTIALS}/cred-01arz3ndektsv4rrffq69g5fav/login`)).toMatchObject({ status: 404 });
    });
  });
});
