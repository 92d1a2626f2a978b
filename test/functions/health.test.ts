import { join } from 'node:path';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSqliteQueue } from '../../shared/stores/queue/sqlite.ts';
import { startDocumentedService } from '../documented-service.ts';
import { eventually, TEST_POLICY, type Service } from '../service.ts';

const CREDENTIALS = '/api/projects/default/credentials';

let service: Service;
beforeAll(async () => {
  service = await startDocumentedService();
});
afterAll(() => service[Symbol.asyncDispose]());

describe('GET /api/health', () => {
  test('says to anybody that it is ready, and no more', async () => {
    const reply = await service.get('/api/health', { as: null });

    expect(reply).toMatchObject({ status: 200 });
    expect(reply.json).toEqual({ status: 'ready' });
  });

  test('names its parts to an admin alone', async () => {
    const reply = await service.get('/api/health');

    expect(reply.json.parts.map(({ part, status }: { part: string; status: string }) => [part, status])).toEqual([
      ['records', 'ready'],
      ['queue', 'ready'],
      ['secrets/local', 'ready'],
    ]);
    expect((await service.get('/api/health', { as: { role: 'operator' } })).json).toEqual({ status: 'ready' });
  });

  test('refuses a token that is not good', async () => {
    expect(await service.get('/api/health', { as: 'a.b.c' })).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED' } });
  });
});

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

describe('GET /api/policy.schema.json', () => {
  test('is a schema that a good policy fits and a bad one does not', async () => {
    const reply = await service.get('/api/policy.schema.json', { as: null });

    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-type')).toContain('application/schema+json');
    const ajv = new Ajv.default({ strict: false });
    addFormats.default(ajv);
    const validate = ajv.compile(JSON.parse(reply.text));
    expect(validate(TEST_POLICY)).toBe(true);
    expect(validate({ ...TEST_POLICY, colour: 'red' })).toBe(false);
    expect(validate({ projects: [{ name: 'default' }] })).toBe(false);
  });
});

describe('the functions behind clock and queue', () => {
  test('tick and sweep run, and what happened comes to the activity by way of work', async () => {
    const login = { name: 'CI', url: 'registry.example.com', username: 'ci', password: 'right-password' };
    const { json } = await service.post(`${CREDENTIALS}?check=skip`, login);

    await service.trigger('tick');
    await service.trigger('sweep');

    const line = await eventually(async () => (await service.get(`${CREDENTIALS}/${json.id}/activity`)).json.value[0]);
    expect(line).toMatchObject({ type: 'regcred.credential.created', credentialId: json.id });
    expect(service.output()).not.toContain('right-password');
  });

  test('a message that failed too often is told in the log', async () => {
    await using first = await startDocumentedService();
    await first.stop();
    const queue = await openSqliteQueue(join(first.data, 'queue.db'));
    await queue.send('work-poison', { v: 1, kind: 'due', row: 'a-row-that-is-gone' });
    await queue.close();

    await using again = await startDocumentedService({ data: first.data });

    await eventually(async () => /work\.poison.*a-row-that-is-gone/.test(again.output()), 20_000);
    expect(await again.get('/api/health')).toMatchObject({ status: 200 });
  });
});
