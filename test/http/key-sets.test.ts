import { HttpRequest } from '@azure/functions';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Policy } from '../../shared/domain/policy.ts';
import { authenticate } from '../../shared/http/authenticate.ts';
import { KeySets } from '../../shared/http/key-sets.ts';
import { after, HOUR, MINUTE, SECOND } from '../../shared/lib/clock.ts';
import { AppError } from '../../shared/lib/errors.ts';
import { operatorNetwork, type Operator } from '../../shared/net/operator.ts';
import { createAuthority } from '../peers/certificates.ts';
import { AUDIENCE, startIssuer, type Issuer, type IssuerMode } from '../peers/issuer.ts';

let issuer: Issuer;
let operator: Operator;
let now: Date;
/** Milliseconds that an answer may take: few only where none will come. */
let limit: number;
let keySets: KeySets;
beforeEach(async () => {
  issuer = await startIssuer();
  operator = operatorNetwork({ inAzure: false });
  now = new Date();
  limit = 10_000;
  keySets = new KeySets((url) => operator.getJson(url, AbortSignal.timeout(limit)), { now: () => now });
});
afterEach(async () => {
  await operator[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
});

const pass = (milliseconds: number) => void (now = after(now, milliseconds));

function become(mode: IssuerMode): void {
  issuer.mode = mode;
  limit = mode === 'silence' ? 200 : 10_000;
}

/** Valid for a year, so that only the keys decide. */
const sign = (header = {}) => issuer.sign({ exp: Math.floor(Date.now() / 1000) + 365 * 86_400 }, header);

/** Who the token says that is, or the code of the refusal. */
async function caller(token: string): Promise<string> {
  const policy = Policy.parse({
    projects: [{ name: 'p', environments: ['dev'] }],
    issuers: [{ issuer: issuer.url, audience: AUDIENCE }],
  });
  const request = new HttpRequest({ method: 'GET', url: 'http://localhost/', headers: { authorization: `Bearer ${token}` } });
  try {
    return (await authenticate(request, { policy, keySets, clock: { now: () => now } })).subject;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

describe('the keys of an issuer', () => {
  test('are found by discovery, and kept for ten minutes', async () => {
    expect(await caller(await sign())).toBe('robot');
    pass(9 * MINUTE);
    expect(await caller(await sign())).toBe('robot');
    expect(issuer.requests.map(({ path }) => path)).toEqual(['/.well-known/openid-configuration', '/keys']);

    pass(2 * MINUTE);
    expect(await caller(await sign())).toBe('robot');
    expect(issuer.requests).toHaveLength(4);
  });

  test('are asked for once, however many callers come at the same time', async () => {
    const token = await sign();

    const callers = await Promise.all(Array.from({ length: 100 }, () => caller(token)));

    expect(new Set(callers)).toEqual(new Set(['robot']));
    expect(issuer.requests).toHaveLength(2);
  });

  test('that are new are picked up at once, and those that are gone are refused', async () => {
    const old = await sign();
    await caller(old);
    await issuer.rotate();
    pass(MINUTE);

    expect(await caller(await sign())).toBe('robot');
    expect(await caller(old)).toBe('UNAUTHENTICATED');
  });

  test('that nobody knows cost one request in half a minute', async () => {
    await caller(await sign());
    pass(MINUTE);

    for (let round = 0; round < 20; round += 1)
      expect(await caller(await sign({ kid: `unknown-${round}` }))).toBe('UNAUTHENTICATED');

    expect(issuer.requests).toHaveLength(4);
  });

  test.for(['down', 'garbage', 'no-keys', 'silence'] as const)('serve for a day while the issuer is %s', async (mode) => {
    const token = await sign();
    await caller(token);
    become(mode);

    for (const passed of [HOUR, 22 * HOUR]) {
      pass(passed);
      expect(await caller(token)).toBe('robot');
    }
    pass(2 * HOUR);
    expect(await caller(token)).toBe('ISSUER_UNAVAILABLE');

    become('well');
    expect(await caller(token)).toBe('robot');
  });

  test('are asked for once in half a minute while the issuer is down', async () => {
    const token = await sign();
    await caller(token);
    issuer.mode = 'down';
    pass(HOUR);

    for (let round = 0; round < 20; round += 1) await caller(token);

    expect(issuer.requests).toHaveLength(3);
  });

  test('that nobody knows are not refused while the issuer is down: one of them may be new', async () => {
    await caller(await sign());
    await issuer.rotate();
    issuer.mode = 'down';
    pass(MINUTE);

    for (const passed of [0, SECOND, 10 * SECOND, MINUTE]) {
      pass(passed);
      expect(await caller(await sign())).toBe('ISSUER_UNAVAILABLE');
    }

    issuer.mode = 'well';
    pass(MINUTE);
    expect(await caller(await sign())).toBe('robot');
  });

  test.for(['down', 'garbage', 'no-keys', 'silence'] as const)(
    'cannot be had from an issuer that was never anything but %s',
    async (mode) => {
      become(mode);

      expect(await caller(await sign())).toBe('ISSUER_UNAVAILABLE');
    },
  );

  test('that are damaged are the issuer’s fault, not the caller’s', async () => {
    const { jwk } = issuer.current();
    issuer.keys = [{ ...jwk, x: 'AAAA' }];

    expect(await caller(await sign())).toBe('ISSUER_UNAVAILABLE');
  });

  test('do not make up for the end of a token', async () => {
    const token = await issuer.sign();
    expect(await caller(token)).toBe('robot');
    pass(HOUR + 2 * MINUTE);

    expect(await caller(token)).toBe('UNAUTHENTICATED');
  });

  test('come over https only from a server with a certificate that is trusted', async () => {
    const authority = createAuthority();
    await using secure = await startIssuer({ tls: authority.issue({ hosts: ['127.0.0.1'] }) });
    await using trusting = operatorNetwork({ inAzure: false, ca: authority.pem });
    const policy = Policy.parse({
      projects: [{ name: 'p', environments: ['dev'] }],
      issuers: [{ issuer: secure.url, audience: AUDIENCE }],
    });
    const headers = { authorization: `Bearer ${await secure.sign()}` };
    const ask = (network: Operator) =>
      authenticate(new HttpRequest({ method: 'GET', url: 'http://localhost/', headers }), {
        policy,
        keySets: new KeySets((url) => network.getJson(url, AbortSignal.timeout(5000)), { now: () => now }),
        clock: { now: () => now },
      });

    expect(await ask(trusting)).toMatchObject({ issuer: secure.url, subject: 'robot' });
    await expect(ask(operator)).rejects.toMatchObject({ code: 'ISSUER_UNAVAILABLE' });
  });
});
