import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { KEY, startFixture, type Fixture } from './fixture/start-fixture.ts';

describe('/admin/functions', () => {
  let app: Fixture;
  beforeAll(async () => {
    app = await startFixture();
  });
  afterAll(() => app[Symbol.asyncDispose]());

  const call = (path: string, body?: string) =>
    fetch(`${app.url}/admin/functions${path}`, {
      headers: { 'x-functions-key': KEY },
      ...(body !== undefined && { method: 'POST', body }),
    });

  test.for([
    ['no key', {}],
    ['a wrong key', { 'x-functions-key': `${KEY}x` }],
    ['an empty key', { 'x-functions-key': '' }],
  ] as const)('with %s neither lists nor starts', async ([, headers]) => {
    const listed = await fetch(`${app.url}/admin/functions`, { headers });
    const started = await fetch(`${app.url}/admin/functions/yearly`, { method: 'POST', headers, body: '{}' });

    expect([listed.status, started.status]).toEqual([401, 401]);
    expect((await app.journal()).some((entry) => entry['fn'] === 'yearly')).toBe(false);
  });

  test('lists the functions with their bindings', async () => {
    const listed = (await (await call('')).json()) as { name: string; config: { bindings: object[] } }[];

    expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining(['body', 'each-second', 'jobs', 'events']));
    expect(listed.find(({ name }) => name === 'jobs')?.config.bindings).toContainEqual(
      expect.objectContaining({ type: 'queueTrigger', queueName: 'jobs' }),
    );
  });

  test('starts a queue function with the input as its message', async () => {
    const reply = await call('/jobs', JSON.stringify({ input: '{"by":"hand"}' }));

    expect(reply.status).toBe(202);
    await vi.waitFor(async () => expect(await app.journal()).toContainEqual({ fn: 'jobs', done: { by: 'hand' } }));
  });

  test.for([
    ['/unknown', '{}', 404],
    ['/body', '{}', 400],
    ['/yearly', '{', 400],
    ['/yearly', '{"input":1}', 400],
    ['/yearly/more', '{}', 404],
  ] as const)('POST %s with %s: %i', async ([path, body, status]) => {
    expect((await call(path, body)).status).toBe(status);
  });
});
