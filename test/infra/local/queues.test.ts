import { describe, expect, test, vi } from 'vitest';
import { startFixture, type Fixture } from './fixture/start-fixture.ts';

const WAIT = { timeout: 20_000, interval: 50 };

/** What is visible in a queue now. */
async function visible(app: Fixture, queue: string): Promise<unknown[]> {
  const messages = await app.queue.receive(queue, { max: 10, visibilitySeconds: 1 });
  for (const message of messages) await app.queue.release(queue, message, 0);
  return messages.map(({ body, dequeueCount }) => ({ body, dequeueCount }));
}

async function runs(app: Fixture, fn: string): Promise<Record<string, unknown>[]> {
  return (await app.journal()).filter((entry) => entry['fn'] === fn);
}

describe('queue functions', () => {
  test('a message is handed over as an object, with its metadata, and removed', async () => {
    await using app = await startFixture();

    await app.queue.send('jobs', { kind: 'check', id: 'x' });
    await vi.waitFor(async () => expect(await runs(app, 'jobs')).toHaveLength(2), WAIT);

    const [begun] = await runs(app, 'jobs');
    expect(begun).toMatchObject({
      message: { kind: 'check', id: 'x' },
      metadata: {
        queueTrigger: { kind: 'check', id: 'x' },
        dequeueCount: 1,
        id: expect.stringMatching(/./),
        popReceipt: expect.stringMatching(/./),
        insertionTime: expect.stringMatching(/^\d{4}-.*Z$/),
        expirationTime: expect.stringMatching(/^\d{4}-.*Z$/),
        nextVisibleTime: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    });
    await app.end();
    expect(await visible(app, 'jobs')).toEqual([]);
  });

  test('a message whose function fails comes again until it succeeds', async () => {
    await using app = await startFixture();

    await app.queue.send('jobs', { failures: 2 });
    await vi.waitFor(async () => expect(await runs(app, 'jobs')).toContainEqual({ fn: 'jobs', done: { failures: 2 } }), WAIT);

    const counts = (await runs(app, 'jobs')).flatMap(
      ({ metadata }) => (metadata as { dequeueCount: number } | undefined)?.dequeueCount ?? [],
    );
    expect(counts).toEqual([1, 2, 3]);
    expect(app.output()).toMatch(/^jobs: failed after \d+ ms: Error: Not yet/m);
  });

  test('a message goes to the poison queue after maxDequeueCount failures', async () => {
    await using app = await startFixture();

    await app.queue.send('jobs', { failures: 99, id: 'x' });
    await vi.waitFor(async () => expect(await visible(app, 'jobs-poison')).toHaveLength(1), WAIT);

    expect(await visible(app, 'jobs-poison')).toEqual([{ body: { failures: 99, id: 'x' }, dequeueCount: expect.any(Number) }]);
    expect(await runs(app, 'jobs')).toHaveLength(3);
    expect(app.output()).toMatch(/^jobs: message \S+ went to "jobs-poison" after 3 attempts$/m);
    await app.end();
    expect(await visible(app, 'jobs')).toEqual([]);
  });

  test('a message that ended the process each time goes to the poison queue without another run', async () => {
    await using app = await startFixture({
      prepare: async (queue) => {
        await queue.send('jobs', { id: 'deadly' });
        for (let attempt = 1; attempt <= 3; attempt += 1) {
          const [message] = await queue.receive('jobs', { max: 1, visibilitySeconds: 60 });
          if (message) await queue.release('jobs', message, 0);
        }
      },
    });

    await vi.waitFor(async () => expect(await visible(app, 'jobs-poison')).toHaveLength(1), WAIT);

    expect(await runs(app, 'jobs')).toEqual([]);
  });

  test('a poison queue has none of its own: a failed message stays hidden', async () => {
    await using app = await startFixture();

    await app.queue.send('odd-poison', { failures: 99 });
    await app.waitFor(/^odd-poison: failed after/m);
    await app.queue.send('odd-poison', { id: 'next' });
    await vi.waitFor(
      async () => expect(await runs(app, 'odd-poison')).toContainEqual({ fn: 'odd-poison', done: { id: 'next' } }),
      WAIT,
    );

    const failing = (await runs(app, 'odd-poison')).filter(
      ({ message }) => (message as { failures?: number } | undefined)?.failures,
    );
    expect(failing).toHaveLength(1);
    expect(await visible(app, 'odd-poison')).toEqual([]);
    expect(await visible(app, 'odd-poison-poison')).toEqual([]);
  });

  test('a message stays hidden for as long as its function runs', { timeout: 60_000 }, async () => {
    await using app = await startFixture({ env: { FIXTURE_LEASE_SECONDS: '6' } });

    await app.queue.send('jobs', { wait: true });
    await app.waitFor(/^jobs: begun$/m);
    await new Promise((resolve) => setTimeout(resolve, 8000));

    expect(await app.queue.receive('jobs', { max: 1, visibilitySeconds: 1 })).toEqual([]);
    await fetch(`${app.url}/api/open`, { method: 'POST' });
    await vi.waitFor(async () => expect(await runs(app, 'jobs')).toContainEqual({ fn: 'jobs', done: { wait: true } }), WAIT);
    await app.end();
    expect(await visible(app, 'jobs')).toEqual([]);
  });
});

describe('the end of the host', () => {
  test('SIGINT lets a message that is being handled end, and the exit code is 0', async () => {
    await using app = await startFixture();

    await app.queue.send('jobs', { milliseconds: 700 });
    await app.waitFor(/^jobs: begun$/m);

    expect(await app.end('SIGINT')).toBe(0);
    expect(await visible(app, 'jobs')).toEqual([]);
    expect(app.output()).toContain('appTerminate hook ran');
  });

  test('a message whose function takes too long is there for the next start at once', async () => {
    await using app = await startFixture({ env: { FIXTURE_STOP_MILLISECONDS: '200' } });

    await app.queue.send('jobs', { wait: true });
    await app.waitFor(/^jobs: begun$/m);

    expect(await app.end('SIGINT')).toBe(0);
    expect(await visible(app, 'jobs')).toEqual([{ body: { wait: true }, dequeueCount: 2 }]);
  });

  test('a request that is being answered gets its answer', async () => {
    await using app = await startFixture();

    const reply = fetch(`${app.url}/api/slow`);
    await app.waitFor(/^slow: begun$/m);
    const exit = app.end('SIGINT');

    expect(await (await reply).text()).toBe('done');
    expect(await exit).toBe(0);
  });
});
