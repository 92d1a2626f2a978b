import { describe, expect, test } from 'vitest';
import { MintedLogins } from '../../shared/domain/minted-logins.ts';
import { after, HOUR, MINUTE } from '../../shared/lib/clock.ts';
import { runInvocation } from '../../shared/lib/invocation.ts';
import { Secret } from '../../shared/lib/secret.ts';
import type { Login } from '../../shared/oci/login.ts';

/** A provider that numbers what it mints; logins live an hour. */
function startProvider() {
  const clock = { at: new Date('2026-11-21T12:00:00Z'), now: () => clock.at };
  const provider = {
    clock,
    minted: 0,
    isDown: false,
    mint: async (): Promise<Login> => {
      await new Promise((next) => setImmediate(next));
      if (provider.isDown) throw new Error('down');
      provider.minted += 1;
      return {
        username: 'minted',
        password: new Secret(`login-${provider.minted}`),
        expiresAt: after(clock.at, HOUR),
        scope: 'restricted',
      };
    },
    pass: (milliseconds: number) => void (clock.at = after(clock.at, milliseconds)),
  };
  return provider;
}

/** Runs with its log lines thrown away: failures are part of what is tested. */
const quietly = (run: () => Promise<void>) => () => runInvocation({ requestId: 'test', write: () => {} }, run);

describe('minted logins', () => {
  test('a thousand callers at once cost one mint', async () => {
    const provider = startProvider();
    const logins = new MintedLogins(provider.clock);

    const got = await Promise.all(Array.from({ length: 1000 }, () => logins.get('a', provider.mint)));

    expect(provider.minted).toBe(1);
    expect(new Set(got.map(({ password }) => password.reveal()))).toEqual(new Set(['login-1']));
  });

  test('one login serves until half of its life has passed', async () => {
    const provider = startProvider();
    const logins = new MintedLogins(provider.clock);
    const next = async () => (await logins.get('a', provider.mint)).password.reveal();

    const first = await next();
    provider.pass(29 * MINUTE);
    const second = await next();
    provider.pass(2 * MINUTE);
    const third = await next();

    expect([first, second, third]).toEqual(['login-1', 'login-1', 'login-2']);
  });

  test('another key is another login', async () => {
    const provider = startProvider();
    const logins = new MintedLogins(provider.clock);

    const [one, two] = [await logins.get('a', provider.mint), await logins.get('b', provider.mint)];

    expect(one.password.reveal()).not.toBe(two.password.reveal());
  });

  test('fresh asks for a new one, which then serves', async () => {
    const provider = startProvider();
    const logins = new MintedLogins(provider.clock);

    await logins.get('a', provider.mint);
    const fresh = await logins.get('a', provider.mint, { fresh: true });
    const later = await logins.get('a', provider.mint);

    expect([fresh, later].map(({ password }) => password.reveal())).toEqual(['login-2', 'login-2']);
  });

  test(
    'while the provider is down, one past its half still serves, but not in its last minutes',
    quietly(async () => {
      const provider = startProvider();
      const logins = new MintedLogins(provider.clock);
      await logins.get('a', provider.mint);
      provider.isDown = true;

      provider.pass(54 * MINUTE);
      const kept = await logins.get('a', provider.mint);
      provider.pass(2 * MINUTE);

      expect(kept.password.reveal()).toBe('login-1');
      await expect(logins.get('a', provider.mint)).rejects.toThrow('down');
    }),
  );

  test('a mint that failed is not kept', async () => {
    const provider = startProvider();
    const logins = new MintedLogins(provider.clock);
    provider.isDown = true;
    await expect(logins.get('a', provider.mint)).rejects.toThrow('down');
    provider.isDown = false;

    expect((await logins.get('a', provider.mint)).password.reveal()).toBe('login-1');
  });

  test('one without a known end is made anew each time', async () => {
    const provider = startProvider();
    const logins = new MintedLogins(provider.clock);
    const endless = async () => ({ ...(await provider.mint()), expiresAt: undefined });

    await logins.get('a', endless);
    await logins.get('a', endless);

    expect(provider.minted).toBe(2);
  });

  test(
    'ten thousand requests, fifty at a time, while one in twenty mints fails: none gets another key’s login',
    quietly(async () => {
      const provider = startProvider();
      const logins = new MintedLogins(provider.clock);
      let calls = 0;
      const mintFor = (key: string) => async () => {
        calls += 1;
        if (calls % 20 === 0) throw new Error('down');
        const login = await provider.mint();
        return { ...login, password: new Secret(`${key}:${login.password.reveal()}`) };
      };
      const wrong: string[] = [];

      for (let batch = 0; batch < 200; batch += 1) {
        provider.pass(MINUTE);
        const keys = Array.from({ length: 50 }, (_, index) => `key-${(batch + index) % 25}`);
        const got = await Promise.allSettled(keys.map((key) => logins.get(key, mintFor(key))));
        got.forEach((result, index) => {
          const key = keys[index] ?? '';
          if (result.status === 'fulfilled' && !result.value.password.reveal().startsWith(`${key}:`)) wrong.push(key);
          if (result.status === 'fulfilled' && (result.value.expiresAt ?? provider.clock.at) <= provider.clock.at)
            wrong.push(`${key} has ended`);
        });
      }

      expect(wrong).toEqual([]);
      expect(calls).toBeLessThan(25 * 20);
    }),
  );
});
