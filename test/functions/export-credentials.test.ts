import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import { TEST_POLICY, type Service } from '../service.ts';

const PROJECT = '/api/projects/default';
const UNCHECKED = `${PROJECT}/credentials?check=skip`;
const PASSWORD = 'exported-password';

const NODES = { name: 'Nodes', provider: 'ecr', method: 'node-role', url: '123456789012.dkr.ecr.eu-west-1.amazonaws.com' };
const ROBOT = { name: 'Robot', url: 'quay.io', username: 'acme+ci', password: PASSWORD };
const PLAIN = {
  name: 'Plain',
  url: 'http://localhost:5000/team',
  username: 'ci',
  password: PASSWORD,
  description: 'All that can be said',
  purpose: 'push',
  environments: ['dev', 'prod'],
  labels: { team: 'core' },
  tokenRealm: 'https://auth.example.com/token',
  enabled: false,
  default: true,
  rotationPolicy: { everyDays: 30 },
  expiresAt: '2100-01-01T00:00:00.000Z',
};

describe('GET /api/projects/{project}/export', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startDocumentedService({
      policy: { projects: [...TEST_POLICY.projects, { name: 'other', environments: ['dev', 'prod'] }] },
    });
    for (const body of [PLAIN, ROBOT, NODES]) await service.post(UNCHECKED, body);
    const gone = await service.post(UNCHECKED, { ...ROBOT, name: 'Gone' });
    await service.delete(`${PROJECT}/credentials/${gone.json.id}`);
  });
  afterAll(() => service[Symbol.asyncDispose]());

  test('writes each as a create request takes it, with null for what has to be filled in', async () => {
    const reply = await service.get(`${PROJECT}/export`);

    expect(reply.status).toBe(200);
    expect(reply.headers.get('cache-control')).toBe('no-store');
    expect(reply.text).not.toContain(PASSWORD);
    const { schemaVersion, credentials } = reply.json;
    expect(schemaVersion).toBe(1);
    expect(credentials).toEqual([
      {
        ...PLAIN,
        provider: 'generic',
        method: 'password',
        url: 'localhost:5000/team',
        tls: 'plain-http',
        password: null,
        rotationPolicy: { everyDays: 30, graceHours: 24, issuer: 'self' },
      },
      expect.objectContaining({ name: 'Robot', provider: 'quay', method: 'robot', robot: 'acme+ci', token: null }),
      expect.objectContaining({ name: 'Nodes', provider: 'ecr', method: 'node-role' }),
    ]);
    expect(JSON.stringify(credentials[2])).not.toContain('null');
  });

  test('once filled in, makes the same credentials elsewhere', async () => {
    const { credentials } = (await service.get(`${PROJECT}/export`)).json as { credentials: Record<string, unknown>[] };
    const other = { as: { project: 'other' } };
    for (const entry of credentials) {
      const filled = Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, value ?? PASSWORD]));
      const created = await service.post('/api/projects/other/credentials?check=skip', filled, other);
      expect(created).toMatchObject({ status: 201 });
    }

    expect((await service.get('/api/projects/other/export', other)).json).toEqual({ schemaVersion: 1, credentials });
  });

  test('answers the same text twice, in pages that are documents of their own', async () => {
    const whole = await service.get(`${PROJECT}/export`);
    const pages: unknown[] = [];
    for (let next: string | undefined = `${PROJECT}/export?limit=2`; next !== undefined;) {
      const { json } = await service.get(next);
      expect(json.schemaVersion).toBe(1);
      pages.push(...json.credentials);
      next = json.nextLink;
    }

    expect((await service.get(`${PROJECT}/export`)).text).toBe(whole.text);
    expect(pages).toEqual(whole.json.credentials);
  });

  test('does not claim a default back that it has lost in part', async () => {
    const all = { name: 'All', url: 'defaults.example.com', username: 'ci', password: PASSWORD, default: true };
    const made = await service.post(UNCHECKED, all);
    const taker = await service.post(UNCHECKED, { ...all, name: 'Dev', environments: ['dev'] });

    const { credentials } = (await service.get(`${PROJECT}/export`)).json as { credentials: { name: string }[] };

    expect(credentials.filter(({ name }) => ['All', 'Dev'].includes(name))).toMatchObject([
      { name: 'All', default: false },
      { name: 'Dev', default: true },
    ]);
    for (const { json } of [made, taker]) await service.delete(`${PROJECT}/credentials/${json.id}`);
  });

  test('shows to a reader what the list shows', async () => {
    const as = { role: 'reader', environment: 'staging' };

    const { credentials } = (await service.get(`${PROJECT}/export`, { as })).json as { credentials: { name: string }[] };

    expect(credentials.map(({ name }) => name)).toEqual(['Robot', 'Nodes']);
  });

  test('needs a token, and rights in the project', async () => {
    expect(await service.get(`${PROJECT}/export`, { as: null })).toMatchObject({ status: 401 });
    expect(await service.get(`${PROJECT}/export`, { as: { project: 'other' } })).toMatchObject({ status: 404 });
  });
});
