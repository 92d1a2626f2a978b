import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRegistry } from '../peers/registry.ts';
import { startService, type Service } from '../service.ts';

const CREDENTIALS = '/api/projects/default/credentials';

describe('POST /api/projects/{project}/credentials', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service[Symbol.asyncDispose]());

  test('stores a login that the registry accepts', async () => {
    await using registry = await startRegistry({ users: { ci: 'right-password' } });

    const reply = await service.post(CREDENTIALS, { name: 'CI', url: registry.url, username: 'ci', password: 'right-password' });

    expect(reply.status).toBe(201);
    expect(reply.json).toMatchObject({ name: 'CI', provider: 'generic', method: 'password', status: { standing: 'accepted' } });
    expect(reply.text).not.toContain('right-password');
  });
});
