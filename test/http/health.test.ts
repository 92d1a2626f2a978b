import { HttpRequest } from '@azure/functions';
import { describe, expect, test } from 'vitest';
import type { Ports } from '../../shared/open-ports.ts';
import { health } from '../../shared/http/health.ts';
import { openApp } from '../domain/open-app.ts';

const down = () => Promise.reject(new Error('It does not answer, and its address is 10.0.0.7'));

describe('health', () => {
  test.for<[string, (ports: Ports) => Partial<Ports>]>([
    ['the records', ({ records }) => ({ records: { ...records, get: down } })],
    ['the queue', ({ queue }) => ({ queue: { ...queue, receive: down } })],
    ['the secrets', () => ({ secretStore: down })],
  ])('is not ready while %s do not answer, and tells nobody why without a token', async ([, wrap]) => {
    await using opened = await openApp(wrap);

    const view = await health(opened, new HttpRequest({ method: 'GET', url: 'http://localhost/api/health' }));

    expect(view).toEqual({ status: 'not-ready' });
  });

  test('costs the stores one call in five seconds, however many ask, and then sees what changed', async () => {
    let calls = 0;
    let isDown = false;
    await using opened = await openApp(({ records }) => ({
      records: {
        ...records,
        get: (...key) => {
          calls += 1;
          return isDown ? down() : records.get(...key);
        },
      },
    }));
    const ask = () => health(opened, new HttpRequest({ method: 'GET', url: 'http://localhost/api/health' }));

    await Promise.all(Array.from({ length: 100 }, ask));
    isDown = true;
    const still = await ask();
    const callsBefore = calls;
    opened.pass(5_000);
    const later = await ask();

    expect([still.status, callsBefore, later.status]).toEqual(['ready', 1, 'not-ready']);
  });

  test('asks for a secret by a name like those that regcred may read', async () => {
    const asked: string[] = [];
    await using opened = await openApp((ports) => ({
      secretStore: async (name) => {
        const store = await ports.secretStore(name);
        return { ...store, get: (secret, version) => (asked.push(secret), store.get(secret, version)) };
      },
    }));

    await health(opened, new HttpRequest({ method: 'GET', url: 'http://localhost/api/health' }));

    expect(asked).toEqual([expect.stringMatching(/^cred-[0-9a-hjkmnp-tv-z]{26}$/)]);
  });

  test('is ready while all of them answer', async () => {
    await using opened = await openApp();

    expect(await health(opened, new HttpRequest({ method: 'GET', url: 'http://localhost/api/health' }))).toEqual({
      status: 'ready',
    });
  });
});
