import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import { startRegistry, type Registry } from '../peers/registry.ts';
import { TEST_POLICY, type Reply, type Service } from '../service.ts';

const CREDENTIALS = '/api/projects/default/credentials';
const DAYS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAYS).toISOString();

/** What is there, by name. */
const STORED: Record<string, Record<string, unknown>> = {
  plain: {},
  dev: { environments: ['dev'], labels: { team: 'build' } },
  'dev-prod': { environments: ['dev', 'prod'], labels: { team: 'web', ref: 'a:b:c', empty: '' } },
  push: { purpose: 'push', default: true },
  admin: { purpose: 'admin' },
  default: { environments: ['staging'], default: true },
  off: { enabled: false },
  soon: { expiresAt: inDays(3) },
  sooner: { expiresAt: inDays(2) },
  soonest: { expiresAt: inDays(1), labels: { team: 'build' } },
  later: { expiresAt: inDays(300) },
};

const names = ({ json }: Reply): string[] => json.value.map(({ name }: { name: string }) => name);

describe('GET /api/projects/{project}/credentials', () => {
  let service: Service;
  let registry: Registry;
  beforeAll(async () => {
    service = await startDocumentedService({
      policy: { projects: [...TEST_POLICY.projects, { name: 'other', environments: ['dev'] }] },
    });
    registry = await startRegistry({ users: { ci: 'right-password' } });
    const login = { url: 'registry.example.com', username: 'ci', password: 'right-password' };
    for (const [name, fields] of Object.entries(STORED))
      await service.post(`${CREDENTIALS}?check=skip`, { name, ...login, ...fields });
    await service.post(CREDENTIALS, { ...login, name: 'accepted', url: registry.url });
    const gone = await service.post(`${CREDENTIALS}?check=skip`, { ...login, name: 'gone', labels: { team: 'build' } });
    await service.delete(`${CREDENTIALS}/${gone.json.id}`);
    await service.post('/api/projects/other/credentials?check=skip', { ...login, name: 'theirs' }, { as: { project: 'other' } });
  });
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  /** Follows every nextLink. */
  const all = async (path: string, as = {}) => {
    const pages: string[][] = [];
    for (let next: string | undefined = path; next !== undefined;) {
      const reply: Reply = await service.get(next, { as });
      expect(reply.status).toBe(200);
      pages.push(names(reply));
      next = reply.json.nextLink;
    }
    return pages;
  };

  test('shows what is there and not deleted, the oldest first', async () => {
    const reply = await service.get(CREDENTIALS);

    expect(reply.status).toBe(200);
    expect(names(reply)).toEqual([...Object.keys(STORED), 'accepted']);
    expect(reply.json).not.toHaveProperty('nextLink');
    expect(reply.text).not.toContain('right-password');
  });

  test.for<[string, string[]]>([
    ['provider=generic&limit=2', ['plain', 'dev']],
    ['provider=other&limit=2', ['plain', 'dev']],
    ['provider=acr', []],
    ['provider=nothing', []],
    ['host=registry.example.com&purpose=push', ['push']],
    ['host=REGISTRY.example.com&purpose=push', ['push']],
    ['host=elsewhere.example.com', []],
    ['environment=prod&label=team:web', ['dev-prod']],
    ['environment=staging&default=true', ['push', 'default']],
    ['environment=dev&default=true', ['push']],
    ['purpose=admin', ['admin']],
    ['standing=accepted', ['accepted']],
    ['standing=rejected', []],
    ['label=team:build', ['dev', 'soonest']],
    ['label=ref:a:b:c', ['dev-prod']],
    ['label=empty:', ['dev-prod']],
    ['label=team:', []],
    ['label=constructor:x', []],
    ['default=true', ['push', 'default']],
    ['default=false&purpose=push', []],
    ['enabled=false', ['off']],
    ['enabled=true&label=team:build', ['dev', 'soonest']],
    ['deleted=true', ['gone']],
    ['deleted=true&label=team:build', ['gone']],
    ['deleted=true&label=team:web', []],
    ['unused=1', []],
  ])('?%s', async ([query, expected]) => {
    expect(names(await service.get(`${CREDENTIALS}?${query}`))).toEqual(expected);
  });

  test('with expiresBefore sorts by expiry, the soonest first', async () => {
    expect(names(await service.get(`${CREDENTIALS}?expiresBefore=${inDays(30)}`))).toEqual(['soonest', 'sooner', 'soon']);
    expect(names(await service.get(`${CREDENTIALS}?expiresBefore=${inDays(1000)}`))).toEqual([
      'soonest',
      'sooner',
      'soon',
      'later',
    ]);
    expect(names(await service.get(`${CREDENTIALS}?expiresBefore=${inDays(30)}&label=team:build`))).toEqual(['soonest']);
  });

  test.for([1, 2, 3, 5, 11, 12, 13, 200])('pages of %d have neither gaps nor repeats', async (limit) => {
    const pages = await all(`${CREDENTIALS}?limit=${limit}`);

    expect(pages.flat()).toEqual([...Object.keys(STORED), 'accepted']);
    expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
  });

  test.for(['label=team:build', 'default=true', 'standing=unverified', 'enabled=true'])(
    'pages of one through ?%s',
    async (query) => {
      const whole = names(await service.get(`${CREDENTIALS}?${query}`));

      expect((await all(`${CREDENTIALS}?${query}&limit=1`)).flat()).toEqual(whole);
    },
  );

  test.for([1, 2, 3, 4])('pages of %d by expiry', async (limit) => {
    const pages = await all(`${CREDENTIALS}?limit=${limit}&expiresBefore=${encodeURIComponent(inDays(1000))}`);

    expect(pages.flat()).toEqual(['soonest', 'sooner', 'soon', 'later']);
  });

  test('keeps its place when something is deleted between two pages', async () => {
    const login = { url: 'registry.example.com', username: 'ci', password: 'right-password', labels: { batch: 'x' } };
    const made: Reply[] = [];
    for (const name of ['x1', 'x2', 'x3']) made.push(await service.post(`${CREDENTIALS}?check=skip`, { ...login, name }));
    const first = await service.get(`${CREDENTIALS}?limit=13`);

    await service.delete(`${CREDENTIALS}/${made[1]?.json.id}`);
    const second = await service.get(first.json.nextLink);

    expect(names(first).at(-1)).toBe('x1');
    expect(names(second)).toEqual(['x3']);
    for (const at of [0, 2]) await service.delete(`${CREDENTIALS}/${made[at]?.json.id}`);
  });

  test('shows to a reader of one environment what counts for it', async () => {
    const shown = await all(CREDENTIALS, { role: 'reader', environment: 'prod' });

    expect(shown.flat()).toEqual(expect.arrayContaining(['plain', 'dev-prod', 'push']));
    expect(shown.flat()).not.toContain('dev');
    expect(shown.flat()).not.toContain('default');
  });

  test('is of one project alone', async () => {
    const reply = await service.get('/api/projects/other/credentials', { as: { project: 'other', role: 'reader' } });

    expect(names(reply)).toEqual(['theirs']);
  });

  test.for<[string, string]>([
    ['limit=0', '?limit'],
    ['limit=201', '?limit'],
    ['limit=abc', '?limit'],
    ['limit=1.5', '?limit'],
    ['limit=', '?limit'],
    ['limit=1&limit=2', '?limit'],
    ['label=nocolon', '?label'],
    ['label=:value', '?label'],
    ['environment=nowhere', '?environment'],
    ['environment=', '?environment'],
    ['standing=fine', '?standing'],
    ['purpose=pull,push', '?purpose'],
    ['default=yes', '?default'],
    ['deleted=1', '?deleted'],
    ['expiresBefore=tomorrow', '?expiresBefore'],
    ['unused=0', '?unused'],
    ['colour=red', '?colour'],
    ['__proto__=x', '?__proto__'],
    ['pageToken=garbage', '?pageToken'],
    [`pageToken=${'x'.repeat(2000)}`, '?pageToken'],
    [`pageToken=${Buffer.from('{"from":"a"}').toString('base64url')}`, '?pageToken'],
    [`pageToken=${Buffer.from('{"from":7}').toString('base64url')}`, '?pageToken'],
    [`pageToken=${Buffer.from('[]').toString('base64url')}`, '?pageToken'],
  ])('?%s is refused', async ([query, pointer]) => {
    const reply = await service.get(`${CREDENTIALS}?${query}`);

    expect(reply).toMatchObject({ status: 400, json: { code: 'INVALID_INPUT' } });
    expect(reply.json.errors).toContainEqual(expect.objectContaining({ pointer, hint: expect.any(String) }));
  });

  test('refuses the page token of another list', async () => {
    const byAge = (await service.get(`${CREDENTIALS}?limit=1`)).json.nextLink as string;
    const byExpiry = (await service.get(`${CREDENTIALS}?limit=1&expiresBefore=${inDays(1000)}`)).json.nextLink as string;
    const tokenOf = (link: string) => new URL(link, service.url).searchParams.get('pageToken');

    for (const path of [
      `${CREDENTIALS}?pageToken=${tokenOf(byExpiry)}`,
      `${CREDENTIALS}?pageToken=${tokenOf(byAge)}&expiresBefore=${inDays(1000)}`,
    ])
      expect(await service.get(path)).toMatchObject({ status: 400, json: { errors: [{ pointer: '?pageToken' }] } });
  });

  test('needs a token, and rights in the project', async () => {
    expect(await service.get(CREDENTIALS, { as: null })).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED' } });
    expect(await service.get(CREDENTIALS, { as: { project: 'other' } })).toMatchObject({
      status: 404,
      json: { code: 'NOT_FOUND' },
    });
  });
});
