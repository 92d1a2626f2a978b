import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import { startRegistry, type Registry } from '../peers/registry.ts';
import type { Service } from '../service.ts';
import { projectState, storedSecrets } from './project-state.ts';

const CREDENTIALS = '/api/projects/default/credentials';
const ABSENT = `${CREDENTIALS}/cred-01arz3ndektsv4rrffq69g5fav`;

let service: Service;
let registry: Registry;
beforeAll(async () => {
  service = await startDocumentedService();
  registry = await startRegistry({ users: { ci: 'right-password' } });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

async function created(fields: object = {}) {
  const login = { name: `CI ${randomUUID()}`, url: registry.url, username: 'ci', password: 'right-password' };
  const reply = await service.post(CREDENTIALS, { ...login, ...fields });
  expect(reply.status).toBe(201);
  return { ...reply.json, path: `${CREDENTIALS}/${reply.json.id}` };
}

describe('GET /api/projects/{project}/credentials/{id}', () => {
  test('shows it with its ETag, and never the secret', async () => {
    const { path, ...credential } = await created();

    const reply = await service.get(path, { as: { role: 'reader' } });

    expect(reply).toMatchObject({ status: 200, json: credential });
    expect(reply.headers.get('etag')).toBe('"1"');
    expect(reply.headers.get('cache-control')).toBe('no-store');
    expect(reply.text).not.toContain('right-password');
  });

  test('shows to a reader of one environment only what counts there', async () => {
    const dev = await created({ environments: ['dev'] });
    const everywhere = await created();

    expect(await service.get(dev.path, { as: { role: 'reader', environment: 'prod' } })).toMatchObject({ status: 404 });
    expect(await service.get(everywhere.path, { as: { role: 'reader', environment: 'prod' } })).toMatchObject({ status: 200 });
  });

  test('answers the same for what is not there, for what is no id, and for what the caller may not see', async () => {
    const dev = await created({ environments: ['dev'] });
    const as = { role: 'reader', environment: 'prod' };

    const replies = await Promise.all([ABSENT, `${CREDENTIALS}/x`, dev.path].map((path) => service.get(path, { as })));

    const [first, ...others] = replies.map(({ status, json: { requestId: _own, ...json } }) => ({ status, json }));
    expect(first).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
    for (const other of others) expect(other).toEqual(first);
  });

  test('needs a token', async () => {
    expect(await service.get(ABSENT, { as: null })).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED' } });
  });
});

describe('DELETE /api/projects/{project}/credentials/{id}', () => {
  test('takes it away with its secret, and frees its name', async () => {
    const { path, id, name } = await created();

    const reply = await service.delete(path);

    expect(reply).toMatchObject({ status: 204, text: '' });
    expect(await storedSecrets(service)).not.toContain(id);
    expect((await service.get(path)).json).toMatchObject({ deletedAt: expect.any(String), revision: 2 });
    expect(await service.post(`${path}/login`)).toMatchObject({
      status: 404,
      json: { hint: expect.stringContaining('restore') },
    });
    expect(await service.post(`${path}/check`)).toMatchObject({ status: 404 });
    await created({ name });
  });

  test('gives up its default', async () => {
    await using own = await startRegistry({ users: { ci: 'right-password' } });
    const first = await created({ url: own.url, default: true });
    await service.delete(first.path);

    const second = await created({ url: own.url, default: true });

    expect(second.defaultIn).toEqual(['dev', 'staging', 'prod']);
    expect((await service.get(first.path)).json).toMatchObject({ default: false, revision: 2 });
  });

  test('a second time answers 404', async () => {
    const { path } = await created();
    await service.delete(path);

    expect(await service.delete(path)).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
  });

  test.for<[string, number, string]>([
    ['"2"', 412, 'ETAG_MISMATCH'],
    ['garbage', 400, 'INVALID_INPUT'],
  ])('with If-Match %s answers %d and leaves it', async ([tag, status, code]) => {
    const { path } = await created();
    const before = await projectState(service);

    expect(await service.delete(path, { headers: { 'if-match': tag } })).toMatchObject({ status, json: { code } });
    expect(await projectState(service)).toEqual(before);
  });

  test('with the right If-Match works', async () => {
    const { path } = await created();

    expect((await service.delete(path, { headers: { 'if-match': '"1"' } })).status).toBe(204);
  });

  test('of two at once, or beside a patch, leaves record and secret in agreement', async () => {
    const { path, id } = await created();

    const replies = await Promise.all([
      service.delete(path),
      service.delete(path),
      service.patch(path, { password: 'right-password' }, { headers: { 'if-match': '"1"' } }),
    ]);

    expect(replies.some(({ status }) => status < 300)).toBe(true);
    const { deletedAt } = (await service.get(path)).json;
    expect((await storedSecrets(service)).includes(id)).toBe(deletedAt === undefined);
  });

  test('needs the role admin in all its environments', async () => {
    const { path } = await created();

    expect(await service.delete(path, { as: null })).toMatchObject({ status: 401 });
    expect(await service.delete(path, { as: { role: 'operator' } })).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
    expect(await service.delete(path, { as: { environment: 'dev' } })).toMatchObject({ status: 403 });
    expect(await service.delete(ABSENT)).toMatchObject({ status: 404 });
  });
});

describe('POST /api/projects/{project}/credentials/{id}/restore', () => {
  test('brings it back with its secret, unverified and no default', async () => {
    await using own = await startRegistry({ users: { ci: 'right-password' } });
    const { path, name } = await created({ url: own.url, default: true, labels: { team: 'build' } });
    await service.delete(path);

    const reply = await service.post(`${path}/restore`);

    expect(reply).toMatchObject({
      status: 200,
      json: { name, labels: { team: 'build' }, default: false, defaultIn: [], status: { standing: 'unverified' }, revision: 3 },
    });
    expect(reply.json).not.toHaveProperty('deletedAt');
    expect(reply.headers.get('etag')).toBe('"3"');
    expect((await service.post(`${path}/login`)).json.value).toEqual({ username: 'ci', password: 'right-password' });
    expect(await service.post(`${path}/check`)).toMatchObject({ status: 200, json: { standing: 'accepted' } });
  });

  test('of one that is there changes nothing', async () => {
    const { path, ...credential } = await created();

    expect(await service.post(`${path}/restore`)).toMatchObject({ status: 200, json: credential });
  });

  test('is refused where the name was taken meanwhile; the secret stays removed', async () => {
    const first = await created();
    await service.delete(first.path);
    await created({ name: first.name.toUpperCase() });
    const before = await projectState(service);

    expect(await service.post(`${first.path}/restore`)).toMatchObject({ status: 409, json: { code: 'NAME_TAKEN' } });
    expect(await projectState(service)).toEqual(before);
    expect(await storedSecrets(service)).not.toContain(first.id);
  });

  test('is refused where the secret is gone for good', async () => {
    const { path, id } = await created();
    await service.delete(path);
    await rm(join(service.data, 'secrets', 'removed', id), { recursive: true });

    expect(await service.post(`${path}/restore`)).toMatchObject({
      status: 503,
      json: { code: 'SECRET_MISSING', hint: expect.any(String) },
    });
    expect((await service.get(path)).json).toHaveProperty('deletedAt');
  });

  test.for<[string, number]>([
    ['"1"', 412],
    ['garbage', 400],
    ['"2"', 200],
  ])('with If-Match %s answers %d', async ([tag, status]) => {
    const { path } = await created();
    await service.delete(path);

    expect((await service.post(`${path}/restore`, undefined, { headers: { 'if-match': tag } })).status).toBe(status);
  });

  test('needs the role admin', async () => {
    const { path } = await created();
    await service.delete(path);

    expect(await service.post(`${path}/restore`, undefined, { as: null })).toMatchObject({ status: 401 });
    expect(await service.post(`${path}/restore`, undefined, { as: { role: 'operator' } })).toMatchObject({ status: 403 });
    expect(await service.post(`${ABSENT}/restore`)).toMatchObject({ status: 404 });
  });
});
