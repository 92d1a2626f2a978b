import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KEY, startFixture, type Fixture } from './fixture/start-fixture.ts';

describe('HTTP functions', () => {
  let app: Fixture;
  beforeAll(async () => {
    app = await startFixture();
  });
  afterAll(() => app[Symbol.asyncDispose]());

  const call = (path: string, init?: RequestInit) => fetch(`${app.url}/api/${path}`, init);

  test.for([
    ['text', 'text/plain', Buffer.from('naïve')],
    ['JSON', 'application/json', Buffer.from('{"a":1}')],
    ['bytes', 'application/octet-stream', Buffer.from([0, 255, 254, 10, 13])],
    ['much', 'application/octet-stream', Buffer.alloc(3_000_000, 7)],
    ['nothing', 'text/plain', Buffer.alloc(0)],
  ] as const)('a body of %s arrives and comes back as it is', async ([, type, bytes]) => {
    const reply = await call('body', { method: 'PUT', body: bytes, headers: { 'content-type': type } });

    expect(reply.headers.get('x-length')).toBe(String(bytes.length));
    expect(reply.headers.get('content-type')).toBe(type);
    expect(Buffer.from(await reply.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test('a body in chunks of unknown length arrives whole', async () => {
    const body = new Blob(['one ', 'two']).stream();
    const reply = await call('body', { method: 'POST', body, duplex: 'half' });

    expect(await reply.text()).toBe('one two');
  });

  test('JSON goes in and comes out as JSON', async () => {
    const reply = await call('json', { method: 'POST', body: '{"a":[1,"é",null]}' });

    expect(reply.headers.get('content-type')).toBe('application/json');
    expect(await reply.json()).toEqual({ a: [1, 'é', null] });
  });

  test('a body over 100 MB is refused', async () => {
    const reply = await rawRequest(app.url, { method: 'POST', path: '/api/body', headers: { 'content-length': '104857601' } });

    expect([reply.status, reply.text]).toEqual([413, '']);
  });

  test('a handler that throws on bad JSON gives 500 without a body, and a line in the log', async () => {
    const reply = await call('json', { method: 'POST', body: '{"a":' });

    expect([reply.status, await reply.text()]).toEqual([500, '']);
    expect(app.output()).toMatch(/^json: failed after \d+ ms: SyntaxError: /m);
  });

  test('the request has method, URL, headers and query; a repeated parameter is joined, as on the platform', async () => {
    const reply = await call('request?a=1&b=x%20y&a=2', { method: 'DELETE', headers: { 'X-Test': 'yes' } });

    expect(await reply.json()).toEqual({
      method: 'DELETE',
      url: `${app.url}/api/request?a=1&b=x%20y&a=2`,
      query: { a: '1,2', b: 'x y' },
      header: 'yes',
    });
  });

  test('HEAD has the headers of the answer and no body', async () => {
    const reply = await call('request', { method: 'HEAD' });

    expect(reply.status).toBe(200);
    expect(Number(reply.headers.get('content-length'))).toBeGreaterThan(0);
    expect(await reply.text()).toBe('');
  });

  test('status, headers, cookies and body go out as the function gave them', async () => {
    const reply = await call('reply');

    expect(reply.status).toBe(418);
    expect(reply.headers.get('x-one')).toBe('first');
    expect(reply.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(reply.headers.getSetCookie()).toEqual([
      'session=a%20b; max-age=60; path=/; secure; samesite=strict; httponly',
      'plain=1',
    ]);
    expect(await reply.text()).toBe('short and stout');
  });

  test('a function that answers nothing gives 204', async () => {
    expect((await call('nothing')).status).toBe(204);
  });

  test.for(['throws', 'not-an-answer'])('%s: 500 without a body', async (path) => {
    const reply = await call(path);

    expect([reply.status, await reply.text()]).toEqual([500, '']);
    expect(app.output()).toContain(`${path}: failed after`);
  });

  test("a function's own lines are printed as they are, through the app's log hook", async () => {
    await call('logs');

    expect(app.output()).toMatch(/^one line of the function$/m);
  });

  test('hooks may replace handler and result', async () => {
    const reply = await call('hooked');

    expect([await reply.text(), reply.headers.get('x-hook')]).toEqual(['replaced', 'before']);
  });

  test('a function cannot be registered once the app has started', async () => {
    expect((await call('late-registration', { method: 'POST' })).status).toBe(500);
    expect(app.output()).toContain('possible only while the app starts');
    expect((await call('too-late')).status).toBe(404);
  });

  test.for([
    ['no key', {}, 401],
    ['a wrong key', { 'x-functions-key': 'wrong' }, 401],
    ['the key', { 'x-functions-key': KEY }, 200],
  ] as const)('authLevel function with %s', async ([, headers, status]) => {
    expect((await call('guarded', { headers })).status).toBe(status);
  });

  test('the key may stand in the query', async () => {
    expect((await call(`guarded?code=${KEY}`)).status).toBe(200);
  });

  test.for(['localhost', '127.0.0.1', '[::1]'])('answers to %s with its port', async (name) => {
    const reply = await rawRequest(app.url, { path: '/api/plain-name', headers: { host: `${name}:${new URL(app.url).port}` } });

    expect(reply.status).toBe(200);
  });

  test.for(['rebound.example.com', 'localhost', 'localhost:1', 'localhost.example.com'])(
    'does not answer to %s',
    async (host) => {
      const reply = await rawRequest(app.url, { path: '/api/plain-name', headers: { host } });

      expect(reply.status).toBe(400);
      expect(JSON.parse(reply.text)).toMatchObject({ status: 400, title: 'Bad Request' });
    },
  );

  test('without settings for it, nothing says that browsers may call', async () => {
    const reply = await call('plain-name', { headers: { origin: 'https://portal.example.com' } });

    expect([...reply.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});

describe('CORS', () => {
  const preflight = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization,if-match' };
  let app: Fixture;
  beforeAll(async () => {
    app = await startFixture({
      localSettings: { Host: { CORS: 'https://portal.example.com, https://other.example.com/', CORSCredentials: true } },
    });
  });
  afterAll(() => app[Symbol.asyncDispose]());

  test.for(['https://portal.example.com', 'https://other.example.com'])('lets a page of %s ask and call', async (origin) => {
    const asked = await fetch(`${app.url}/api/body`, { method: 'OPTIONS', headers: { origin, ...preflight } });
    const called = await fetch(`${app.url}/api/plain-name`, { headers: { origin } });

    expect(asked.status).toBe(204);
    expect(Object.fromEntries(asked.headers)).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'PUT',
      'access-control-allow-headers': 'authorization,if-match',
      'access-control-allow-credentials': 'true',
      vary: 'origin',
    });
    expect(called.headers.get('access-control-allow-origin')).toBe(origin);
  });

  test('gives a page of another origin no leave', async () => {
    const headers = { origin: 'https://elsewhere.example.com', ...preflight };
    const asked = await fetch(`${app.url}/api/body`, { method: 'OPTIONS', headers });

    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('"*" lets every page call, without credentials', async () => {
    await using open = await startFixture({ localSettings: { Host: { CORS: '*' } } });
    const reply = await fetch(`${open.url}/api/plain-name`, { headers: { origin: 'https://any.example.com' } });

    expect(reply.headers.get('access-control-allow-origin')).toBe('*');
    expect(reply.headers.get('access-control-allow-credentials')).toBeNull();
  });
});

/** A request whose Host header and length `fetch` would not let through. */
function rawRequest(
  url: string,
  { method = 'GET', path, headers }: { method?: string; path: string; headers: Record<string, string> },
): Promise<{ status: number; text: string }> {
  const { port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const sent = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
    let text = '';
    response.on('data', (chunk) => (text += chunk));
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
  });
  sent.on('error', reject);
  if (method === 'GET') sent.end();
  else sent.flushHeaders();
  return promise.finally(() => sent.destroy());
}
