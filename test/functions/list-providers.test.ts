import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import type { Service } from '../service.ts';

let service: Service;
beforeAll(async () => {
  service = await startDocumentedService();
});
afterAll(() => service[Symbol.asyncDispose]());

describe('GET /api/providers', () => {
  test('gives a portal all it needs to draw each form', async () => {
    const { status, json } = await service.get('/api/providers', { as: { role: 'reader' } });

    expect(status).toBe(200);
    for (const { methods, defaultMethod } of json.value) {
      expect(methods.map(({ method }: { method: string }) => method)).toContain(defaultMethod);
      for (const { form } of methods)
        for (const field of Object.values(form.properties))
          expect(field).toMatchObject({
            label: expect.any(String),
            group: expect.stringMatching(/^(metadata|details)$/),
            order: expect.any(Number),
          });
    }
    expect(json.value).toContainEqual(expect.objectContaining({ id: 'generic', aliases: expect.arrayContaining(['other']) }));
  });

  test.for<[string, string, object]>([
    ['docker-hub', 'token', { login: true, minting: false, expiry: true }],
    ['docker-hub', 'organization-token', { login: true, minting: false, expiry: false }],
    ['ghcr', 'github-app', { login: true, minting: true, expiry: false }],
    ['acr', 'service-principal', { login: true, narrowing: true }],
    ['ecr', 'access-key', { login: true, minting: true, narrowing: false }],
    ['ecr', 'node-role', { login: false, minting: false, narrowing: false, expiry: false, rotation: false }],
    ['generic', 'password', { login: true, minting: false, narrowing: false, expiry: false, rotation: false }],
  ])('says what %s by %s can do', async ([provider, method, capabilities]) => {
    const { json } = await service.get(`/api/providers/${provider}`);

    expect(json.methods).toContainEqual(expect.objectContaining({ method, capabilities: expect.objectContaining(capabilities) }));
  });

  test('says for each method what rights it needs upstream', async () => {
    const { json } = await service.get('/api/providers');

    for (const { methods } of json.value)
      for (const { privileges } of methods) expect(Object.values(privileges)).toContainEqual(expect.stringMatching(/\w/));
  });

  test('needs a token', async () => {
    expect(await service.get('/api/providers', { as: null })).toMatchObject({ status: 401 });
  });
});

describe('GET /api/providers/{provider}', () => {
  test.for(['generic', 'Generic', 'other'])('finds %s', async (name) => {
    expect(await service.get(`/api/providers/${name}`)).toMatchObject({
      status: 200,
      json: { id: 'generic', methods: [{ method: 'password', form: { properties: { password: { writeOnly: true } } } }] },
    });
  });

  test.for(['nothing', 'constructor', '__proto__', '%20'])('does not find %s', async (name) => {
    expect(await service.get(`/api/providers/${name}`)).toMatchObject({
      status: 404,
      json: { code: 'NOT_FOUND', hint: expect.any(String) },
    });
  });
});
