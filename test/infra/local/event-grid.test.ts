import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { KEY, startFixture, type Fixture } from './fixture/start-fixture.ts';

const event = (id: string, subject = 'good') => ({
  id,
  subject,
  eventType: 'Example.Happened',
  eventTime: '2026-01-01T00:00:00Z',
  data: { id },
});

describe('/runtime/webhooks/EventGrid', () => {
  let app: Fixture;
  beforeAll(async () => {
    app = await startFixture();
  });
  afterAll(() => app[Symbol.asyncDispose]());

  const send = (body: unknown, headers: Record<string, string>, name = 'events') =>
    fetch(`${app.url}/runtime/webhooks/EventGrid?functionName=${name}&code=${KEY}`, {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const NOTIFICATION = { 'aeg-event-type': 'Notification' };

  test('without the key nothing is taken', async () => {
    const reply = await fetch(`${app.url}/runtime/webhooks/EventGrid?functionName=events`, {
      method: 'POST',
      headers: NOTIFICATION,
      body: '[]',
    });

    expect(reply.status).toBe(401);
  });

  test('answers the handshake of the Event Grid schema', async () => {
    const reply = await send([{ ...event('v'), data: { validationCode: '512d38b6' } }], {
      'aeg-event-type': 'SubscriptionValidation',
    });

    expect([reply.status, await reply.json()]).toEqual([200, { validationResponse: '512d38b6' }]);
  });

  test.for([
    ['eventgrid.azure.net', 200],
    ['elsewhere.example.com', 400],
  ] as const)('the handshake of CloudEvents from %s: %i', async ([origin, status]) => {
    const reply = await fetch(`${app.url}/runtime/webhooks/EventGrid?functionName=events&code=${KEY}`, {
      method: 'OPTIONS',
      headers: { 'webhook-request-origin': origin },
    });

    expect(reply.status).toBe(status);
    expect(reply.headers.get('webhook-allowed-origin')).toBe(status === 200 ? origin : null);
  });

  test('runs the function once for each event of a batch', async () => {
    const reply = await send([event('one'), event('two')], NOTIFICATION);

    expect([reply.status, await reply.text()]).toEqual([202, '']);
    const seen = (await app.journal()).flatMap((entry) => (entry['fn'] === 'events' ? [entry['event']] : []));
    expect(seen).toEqual(expect.arrayContaining([event('one'), event('two')]));
  });

  test('takes a CloudEvent', async () => {
    const cloudEvent = { specversion: '1.0', id: 'ce', source: '/here', type: 'Example.Happened', data: {} };
    const reply = await send(cloudEvent, { 'content-type': 'application/cloudevents+json' });

    expect(reply.status).toBe(202);
    await vi.waitFor(async () => expect(await app.journal()).toContainEqual({ fn: 'events', event: cloudEvent }));
  });

  test('an event that the function refuses fails the batch, and the sender is told why, as on the platform', async () => {
    const reply = await send([event('three'), event('four', 'bad')], NOTIFICATION);

    expect([reply.status, await reply.text()]).toEqual([500, 'Refused event']);
  });

  test.for([
    ['an unknown function', [], NOTIFICATION, 'unknown', 404],
    ['a function of another kind', [], NOTIFICATION, 'jobs', 404],
    ['no JSON', '[', NOTIFICATION, 'events', 400],
    ['no event', '1', NOTIFICATION, 'events', 400],
    ['no event type', [], {}, 'events', 400],
    ['the end of the subscription', [], { 'aeg-event-type': 'Unsubscribe' }, 'events', 202],
  ] as const)('%s', async ([, body, headers, name, status]) => {
    expect((await send(body, headers, name)).status).toBe(status);
  });
});
