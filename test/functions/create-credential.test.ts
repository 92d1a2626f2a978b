import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import { createAuthority } from '../peers/certificates.ts';
import { oddities } from '../peers/oddities.ts';
import { startRegistry, type Registry } from '../peers/registry.ts';
import { LOCAL_ACTOR, type Service } from '../service.ts';
import { projectState, storedSecrets } from './project-state.ts';

const CREDENTIALS = '/api/projects/default/credentials';
const NEXT_YEAR = new Date(Date.now() + 365 * 86_400_000).toISOString();

describe('POST /api/projects/{project}/credentials', () => {
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

  /** A body that works, under a name of its own. */
  const login = (more: object = {}) => ({
    name: `CI ${randomUUID()}`,
    url: registry.url,
    username: 'ci',
    password: 'right-password',
    ...more,
  });
  const create = (more?: object, headers?: Record<string, string>) =>
    service.post(CREDENTIALS, login(more), headers ? { headers } : {});

  test('takes the shortest body: provider, method, purpose and TLS are inferred', async () => {
    const reply = await create({ name: 'Shortest' });

    expect(reply.status).toBe(201);
    expect(reply.json).toMatchObject({
      name: 'Shortest',
      provider: 'generic',
      method: 'password',
      url: registry.host,
      registry: { host: registry.host },
      username: 'ci',
      purpose: 'pull',
      environments: [],
      labels: {},
      tls: 'plain-http',
      enabled: true,
      default: false,
      defaultIn: [],
      status: { standing: 'accepted', lastCheck: { verdict: 'valid' } },
      revision: 1,
      createdBy: LOCAL_ACTOR,
    });
    expect(reply.text).not.toContain('right-password');
    expect(reply.headers.get('location')).toBe(`${CREDENTIALS}/${reply.json.id}`);
    expect(reply.headers.get('etag')).toBe('"1"');
    expect(await storedSecrets(service)).toContain(reply.json.id);
  });

  test('keeps every field', async () => {
    const fields = {
      provider: 'generic',
      method: 'password',
      description: 'What the build uses',
      purpose: 'push',
      environments: ['dev', 'staging'],
      labels: { team: 'build', 'example.com/cost': 'a:b/c' },
      tls: 'plain-http',
      tokenRealm: 'https://tokens.example.com/token',
      enabled: false,
      default: true,
      rotationPolicy: { everyDays: 30, graceHours: 12, issuer: 'self' },
      expiresAt: NEXT_YEAR,
    };

    const { status, json } = await create(fields);

    expect(status).toBe(201);
    expect(json).toMatchObject({ ...fields, defaultIn: ['dev', 'staging'], active: { expiresAt: NEXT_YEAR } });
    expect((await service.get(`${CREDENTIALS}/${json.id}`)).json).toEqual(json);
  });

  test.for(['Generic', 'other', ' docker registry ', 'CUSTOM', 'docker_registry'])(
    'knows the provider as "%s"',
    async (provider) => {
      expect(await create({ provider })).toMatchObject({ status: 201, json: { provider: 'generic' } });
    },
  );

  test.for([
    { url: (host: string) => `HTTP://${host}/v2/`, shown: (host: string) => host },
    { url: (host: string) => ` http://${host}/Team/App/ `, shown: (host: string) => `${host}/team/app` },
  ])('puts a pasted address right: $url', async ({ url, shown }) => {
    const reply = await create({ url: url(registry.host) });

    expect(reply).toMatchObject({ status: 201, json: { url: shown(registry.host), tls: 'plain-http' } });
  });

  test('takes tls plain-http for an address without a scheme', async () => {
    expect(await create({ url: registry.host, tls: 'plain-http' })).toMatchObject({ status: 201, json: { tls: 'plain-http' } });
  });

  test('takes the authority of a registry with a certificate of its own, without being told tls', async () => {
    const authority = createAuthority();
    await using own = await startRegistry({
      users: { ci: 'right-password' },
      tls: authority.issue({ hosts: ['localhost', '127.0.0.1'] }),
    });

    const reply = await create({ url: `localhost:${own.port}`, ca: authority.pem });

    expect(reply).toMatchObject({
      status: 201,
      json: { tls: 'custom-ca', ca: authority.pem.trim(), status: { standing: 'accepted' } },
    });
  });

  test('shows times in UTC, however they were given', async () => {
    const reply = await create({ expiresAt: '2099-01-01T02:00:00+02:00' });

    expect(reply).toMatchObject({
      status: 201,
      json: { expiresAt: '2099-01-01T00:00:00.000Z', active: { expiresAt: '2099-01-01T00:00:00.000Z' } },
    });
  });

  test('stores a login that nothing there can prove, as unverified, with a warning', async () => {
    await using open = await startRegistry({ users: {}, odd: oddities.status(200, {}, '{}') });

    const { status, json } = await create({ url: open.url });

    expect(status).toBe(201);
    expect(json).toMatchObject({ status: { standing: 'unverified', lastCheck: { verdict: 'indeterminate' } } });
    expect(json.warnings.length).toBeGreaterThan(0);
  });

  test('with check=skip stores without a request to the registry, as unverified', async () => {
    const before = registry.requests.length;

    const reply = await service.post(`${CREDENTIALS}?check=skip`, login({ password: 'whatever it is' }));

    expect(reply).toMatchObject({ status: 201, json: { status: { standing: 'unverified' } } });
    expect(reply.json.status).not.toHaveProperty('lastCheck');
    expect(registry.requests.length).toBe(before);
  });

  describe('a default', () => {
    test('takes over where environments overlap, and leaves the rest', async () => {
      await using own = await startRegistry({ users: { ci: 'right-password' } });
      const first = await create({ url: own.url, default: true, environments: ['dev', 'staging'] });

      const second = await create({ url: own.url, default: true, environments: ['staging', 'prod'] });

      expect(second).toMatchObject({ status: 201, json: { default: true, defaultIn: ['staging', 'prod'] } });
      const shown = await service.get(`${CREDENTIALS}/${first.json.id}`);
      expect(shown.json).toMatchObject({ default: true, defaultIn: ['dev'], revision: 2 });
    });

    test('without environments takes over in each of them', async () => {
      await using own = await startRegistry({ users: { ci: 'right-password' } });
      const first = await create({ url: own.url, default: true, environments: ['dev'] });
      const second = await create({ url: own.url, default: true, environments: ['prod'] });

      const third = await create({ url: own.url, default: true });

      expect(third.json.defaultIn).toEqual(['dev', 'staging', 'prod']);
      for (const { json } of [first, second])
        expect((await service.get(`${CREDENTIALS}/${json.id}`)).json).toMatchObject({ default: false, defaultIn: [] });
    });

    test('leaves that of another purpose, and that of another host', async () => {
      await using own = await startRegistry({ users: { ci: 'right-password' } });
      const push = await create({ url: own.url, default: true, purpose: 'push' });
      const elsewhere = await create({ default: true, environments: ['prod'] });

      await create({ url: own.url, default: true });

      expect((await service.get(`${CREDENTIALS}/${push.json.id}`)).json.defaultIn).toEqual(['dev', 'staging', 'prod']);
      expect((await service.get(`${CREDENTIALS}/${elsewhere.json.id}`)).json.defaultIn).toEqual(['prod']);
    });

    test('is one even when many claim it at once', async () => {
      await using own = await startRegistry({ users: { ci: 'right-password' } });

      const replies = await Promise.all(
        Array.from({ length: 4 }, () => create({ url: own.url, default: true, environments: ['dev'] })),
      );

      expect(replies.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
      const { json } = await service.get(`${CREDENTIALS}?host=${own.host}&default=true&environment=dev`);
      expect(json.value).toHaveLength(1);
    });
  });

  describe('an Idempotency-Key', () => {
    test('answers a repeated request with the same credential, without another check', async () => {
      const key = { 'idempotency-key': randomUUID() };
      const body = login();
      const first = await service.post(CREDENTIALS, body, { headers: key });
      const before = registry.requests.length;

      const again = await service.post(CREDENTIALS, body, { headers: key });

      expect(first.status).toBe(201);
      expect(again).toMatchObject({ status: 201, json: first.json });
      expect(registry.requests.length).toBe(before);
    });

    test('answers a repeated request also after the secret was replaced, and still refuses another one', async () => {
      const headers = { 'idempotency-key': randomUUID() };
      const body = login();
      const first = await service.post(CREDENTIALS, body, { headers });
      const path = `${CREDENTIALS}/${first.json.id}?check=skip`;
      for (const password of ['second-password', 'third-password'])
        expect((await service.patch(path, { password }, { headers: { 'if-match': '*' } })).status).toBe(200);

      const again = await service.post(CREDENTIALS, body, { headers });
      const other = await service.post(CREDENTIALS, { ...body, password: 'third-password' }, { headers });

      expect(again).toMatchObject({ status: 201, json: { id: first.json.id, revision: 3 } });
      expect(other).toMatchObject({ status: 422, json: { code: 'IDEMPOTENCY_CONFLICT' } });
    });

    test.for([
      { what: 'another name', change: { name: 'Other' } },
      { what: 'another password', change: { password: 'another-password' } },
    ])('refuses $what under the same key', async ({ change }) => {
      const headers = { 'idempotency-key': randomUUID() };
      const body = login();
      await service.post(CREDENTIALS, body, { headers });
      const before = await projectState(service);

      const reply = await service.post(CREDENTIALS, { ...body, ...change }, { headers });

      expect(reply).toMatchObject({ status: 422, json: { code: 'IDEMPOTENCY_CONFLICT' } });
      expect(await projectState(service)).toEqual(before);
    });

    test('belongs to the caller who made it up', async () => {
      const headers = { 'idempotency-key': randomUUID() };
      const mine = await service.post(CREDENTIALS, login(), { headers });

      const theirs = await service.post(CREDENTIALS, login(), { headers, as: { subject: 'another' } });

      expect(theirs.status).toBe(201);
      expect(theirs.json.id).not.toBe(mine.json.id);
    });

    test('makes one credential of requests that come at the same time', async () => {
      const headers = { 'idempotency-key': randomUUID() };
      const body = login();
      const before = await storedSecrets(service);

      const replies = await Promise.all(Array.from({ length: 5 }, () => service.post(CREDENTIALS, body, { headers })));

      expect(replies.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
      expect(new Set(replies.map(({ json }) => json.id)).size).toBe(1);
      expect(await storedSecrets(service)).toHaveLength(before.length + 1);
    });

    test.for(['', 'with space', 'x'.repeat(256)])('refuses the key "%s"', async (key) => {
      expect(await create({}, { 'idempotency-key': key })).toMatchObject({ status: 400, json: { code: 'INVALID_INPUT' } });
    });
  });

  describe('a name that is in use', () => {
    test.for([
      { taken: 'Straße CI', name: 'STRASSE CI' },
      { taken: 'Wide', name: 'Ｗｉｄｅ' },
      { taken: 'Two words', name: '  two \u{a0}  WORDS ' },
    ])('is refused also as "$name"', async ({ taken, name }) => {
      await create({ name: taken });
      const before = await projectState(service);

      const reply = await create({ name });

      expect(reply).toMatchObject({ status: 409, json: { code: 'NAME_TAKEN', errors: [{ pointer: '/name' }] } });
      expect(await projectState(service)).toEqual(before);
    });

    test('is given to one of two who ask at the same time', async () => {
      const name = 'One of two';
      const before = await storedSecrets(service);

      const replies = await Promise.all([create({ name }), create({ name })]);

      expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
      expect(await storedSecrets(service)).toHaveLength(before.length + 1);
    });
  });

  describe('stores nothing', () => {
    test('when the registry refuses the login', async () => {
      const before = await projectState(service);

      const reply = await create({ password: 'wrong-password' });

      expect(reply).toMatchObject({ status: 422, json: { code: 'CREDENTIAL_REJECTED', verdict: 'invalid_credentials' } });
      expect(reply.json.stages).toContainEqual(expect.objectContaining({ stage: 'access', outcome: 'failed' }));
      expect(reply.text).not.toContain('wrong-password');
      expect(await projectState(service)).toEqual(before);
    });

    test('when there is no registry at that address', async () => {
      await using odd = await startRegistry({ users: {}, odd: oddities.html() });
      const before = await projectState(service);

      const reply = await create({ url: odd.url });

      expect(reply).toMatchObject({ status: 422, json: { code: 'REGISTRY_MISCONFIGURED', verdict: 'misconfigured' } });
      expect(await projectState(service)).toEqual(before);
    });

    test('when the registry sends logins to a token service that is not its own', async () => {
      await using foreign = await startRegistry({ users: { ci: 'right-password' }, auth: 'bearer', realm: registry.url });
      const before = await projectState(service);

      const reply = await create({ url: foreign.url });

      expect(reply).toMatchObject({ status: 422, json: { code: 'ADDRESS_BLOCKED', verdict: 'blocked_by_policy' } });
      expect(await projectState(service)).toEqual(before);
    });

    test('when the registry is down', async () => {
      const gone = await startRegistry({ users: {} });
      await gone[Symbol.asyncDispose]();
      const before = await projectState(service);

      const reply = await create({ url: gone.url });

      expect(reply).toMatchObject({ status: 502, json: { code: 'REGISTRY_UNREACHABLE', verdict: 'unreachable' } });
      expect(await projectState(service)).toEqual(before);
    });

    test('when the registry asks to slow down, and says when to come back', async () => {
      await using busy = await startRegistry({ users: {}, odd: oddities.throttle('17') });
      const before = await projectState(service);

      const reply = await create({ url: busy.url });

      expect(reply).toMatchObject({ status: 503, json: { code: 'REGISTRY_THROTTLED', verdict: 'rate_limited' } });
      expect(reply.headers.get('retry-after')).toBe('17');
      expect(await projectState(service)).toEqual(before);
    });

    test('when plain http is not allowed there', async () => {
      const before = await projectState(service);

      const reply = await create({ url: 'http://registry.example.com' });

      expect(reply).toMatchObject({ status: 422, json: { code: 'PLAIN_HTTP_NOT_ALLOWED', errors: [{ pointer: '/url' }] } });
      expect(await projectState(service)).toEqual(before);
    });

    test('without a token', async () => {
      expect(await service.post(CREDENTIALS, login(), { as: null })).toMatchObject({
        status: 401,
        json: { code: 'UNAUTHENTICATED' },
      });
    });

    test.for(['reader', 'consumer', 'operator'])('for a %s', async (role) => {
      const before = await projectState(service);

      expect(await service.post(CREDENTIALS, login(), { as: { role } })).toMatchObject({
        status: 403,
        json: { code: 'FORBIDDEN' },
      });
      expect(await projectState(service)).toEqual(before);
    });

    test.for([{ environments: ['prod'] }, { environments: ['dev', 'prod'] }, {}])(
      'for an admin of dev alone, in %o',
      async (scope) => {
        const before = await projectState(service);

        const reply = await service.post(CREDENTIALS, login(scope), { as: { environment: 'dev' } });

        expect(reply).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
        expect(await projectState(service)).toEqual(before);
      },
    );

    test('in a project that does not exist', async () => {
      const reply = await service.post('/api/projects/other/credentials', login());

      expect(reply).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
    });
  });
});
