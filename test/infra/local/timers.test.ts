import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { KEY, startFixture, type Fixture } from './fixture/start-fixture.ts';

const NEVER = '0001-01-01T00:00:00.000Z';

describe('timers', () => {
  let app: Fixture;
  beforeAll(async () => {
    app = await startFixture({ env: { EACH_SECOND: '* * * * * *' } });
  });
  afterAll(() => app[Symbol.asyncDispose]());

  const runs = async (fn: string) => (await app.journal()).filter((entry) => entry['fn'] === fn);

  test('a timer whose schedule is a setting fires, and knows when it fired before', async () => {
    await vi.waitFor(async () => expect((await runs('each-second')).length).toBeGreaterThan(1), {
      timeout: 20_000,
      interval: 200,
    });

    const [first, second] = (await runs('each-second')) as { scheduleStatus: { last: string; next: string } }[];
    expect(first).toMatchObject({ isPastDue: false, scheduleStatus: { last: NEVER } });
    expect(Date.parse(second?.scheduleStatus.last ?? '')).toBeGreaterThanOrEqual(Date.parse(first?.scheduleStatus.next ?? ''));
  });

  test('runOnStartup fires once', async () => {
    expect(await runs('at-start')).toHaveLength(1);
  });

  test('a timer can be started by hand, with what the library says a timer has', async () => {
    const reply = await fetch(`${app.url}/admin/functions/Yearly`, {
      method: 'POST',
      headers: { 'x-functions-key': KEY },
      body: JSON.stringify({ input: '' }),
    });

    expect([reply.status, await reply.text()]).toEqual([202, '']);
    await vi.waitFor(async () => expect(await runs('yearly')).toHaveLength(1));
    expect(await runs('yearly')).toEqual([
      {
        fn: 'yearly',
        timer: {
          isPastDue: false,
          schedule: { adjustForDST: true },
          scheduleStatus: { last: NEVER, next: expect.stringMatching(/^\d{4}-01-01T00:00:00.000Z$/), lastUpdated: NEVER },
        },
      },
    ]);
  });
});

describe('a schedule that cannot be read', () => {
  test.for([
    ['every second', 'Function "each-second": the schedule "every second" cannot be read'],
    [undefined, 'Function "each-second" needs the setting EACH_SECOND'],
  ])('%s ends the start', async ([schedule, message]) => {
    await expect(startFixture({ env: { EACH_SECOND: schedule } })).rejects.toThrow(message);
  });
});
