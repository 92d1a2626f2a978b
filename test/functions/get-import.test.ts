import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import { TEST_POLICY, type RequestOptions, type Service } from '../service.ts';

const IMPORTS = '/api/projects/default/imports';

const DOCUMENT = {
  schemaVersion: 1,
  credentials: [{ name: 'One', url: 'registry.example.com', username: 'ci', password: null }],
};

describe('GET /api/projects/{project}/imports/{operation}', () => {
  let service: Service;
  let path: string;
  beforeAll(async () => {
    service = await startDocumentedService({
      policy: { projects: [...TEST_POLICY.projects, { name: 'other', environments: ['dev'] }] },
    });
    const reply = await service.post(IMPORTS, DOCUMENT, { as: { subject: 'importer', environment: 'dev' } });
    path = reply.headers.get('location') ?? '';
  });
  afterAll(() => service[Symbol.asyncDispose]());

  test.for<[string, RequestOptions['as']]>([
    ['whoever began it', { subject: 'importer', environment: 'dev' }],
    ['an admin of the whole project', { subject: 'somebody' }],
  ])('answers %s', async ([, as]) => {
    const reply = await service.get(path, { as });

    expect(reply).toMatchObject({ status: 200, json: { counts: { total: 1, failed: 1 } } });
    expect(reply.json.entries).toMatchObject([{ name: 'One', status: 'failed', code: 'MATERIAL_REQUIRED' }]);
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });

  test.for<[string, number, RequestOptions['as']]>([
    ['somebody without a token', 401, null],
    ['an operator', 403, { role: 'operator' }],
    ['an admin of another environment', 404, { subject: 'somebody', environment: 'prod' }],
    ['an admin of another project', 404, { project: 'other' }],
  ])('is not for %s', async ([, status, as]) => {
    expect((await service.get(path, { as })).status).toBe(status);
  });

  test.for(['x', '01m7z9svk3j9qf0000000000x0', 'cred-01m7z9rje2e4z0sp0f807ysc67', 'a%7Eb', 'é'])(
    'does not know the operation %s',
    async (id) => {
      expect(await service.get(`${IMPORTS}/${id}`)).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
    },
  );

  test('does not know the import of another project', async () => {
    const id = path.slice(IMPORTS.length);

    expect((await service.get(`/api/projects/other/imports${id}`, { as: { project: 'other' } })).status).toBe(404);
  });
});
