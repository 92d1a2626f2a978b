import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import { eventually, LOCAL_ACTOR, TEST_POLICY, type RequestOptions, type Service } from '../service.ts';

const CHECKS = '/api/projects/default/drift-checks';

let service: Service;
beforeAll(async () => {
  service = await startDocumentedService({
    policy: { projects: [...TEST_POLICY.projects, { name: 'other', environments: ['dev'] }] },
  });
});
afterAll(() => service[Symbol.asyncDispose]());

const post = (as: RequestOptions['as']) => service.post(CHECKS, undefined, { as });

describe('POST /api/projects/{project}/drift-checks', () => {
  test('is for admins of the whole project', async () => {
    expect(await post(null)).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED' } });
    expect(await post({ role: 'operator' })).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
    expect(await post({ environment: 'dev' })).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
    expect(await post({ project: 'other' })).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
  });

  test('answers 202 at once, then the report, and 429 within an hour', async () => {
    const login = { name: 'CI', url: 'registry.example.com', username: 'ci', password: 'right-password' };
    await service.post('/api/projects/default/credentials?check=skip', login);

    const reply = await service.post(CHECKS);

    expect(reply).toMatchObject({ status: 202, json: { status: 'running', report: null, startedBy: LOCAL_ACTOR } });
    const location = reply.headers.get('location') ?? '';
    expect(location).toBe(`${CHECKS}/${reply.json.operation}`);
    const report = await eventually(async () => {
      const { json } = await service.get(location);
      return json.status === 'ended' && json.report;
    });
    expect(report).toEqual({ records: 1, versions: 1, counts: {}, findings: [], isCut: false });

    expect((await service.get(location, { as: { subject: 'somebody' } })).status).toBe(200);
    expect((await service.get(location, { as: { subject: 'somebody', environment: 'dev' } })).status).toBe(404);
    const again = await service.post(CHECKS);
    expect(again).toMatchObject({ status: 429, json: { code: 'CHECK_LIMIT', hint: expect.any(String) } });
    expect(Number(again.headers.get('retry-after'))).toBeGreaterThan(3000);
    expect((await service.post('/api/projects/other/drift-checks', undefined, { as: { project: 'other' } })).status).toBe(202);
  });
});

describe('GET /api/projects/{project}/drift-checks/{operation}', () => {
  test('does not know what is no drift check', async () => {
    const imported = await service.post('/api/projects/default/imports', { schemaVersion: 1, credentials: [{}] });

    expect((await service.get(`${CHECKS}/${imported.json.operation}`)).status).toBe(404);
    expect((await service.get(`${CHECKS}/x`)).status).toBe(404);
    expect((await service.get(`${CHECKS}/x`, { as: null })).status).toBe(401);
    expect((await service.get(`${CHECKS}/x`, { as: { role: 'reader' } })).status).toBe(403);
  });
});
