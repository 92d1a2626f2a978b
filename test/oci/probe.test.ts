import { describe, expect, test, vi } from 'vitest';
import { NetError } from '../../shared/net/net-error.ts';
import type { ProbeOptions } from '../../shared/oci/probe.ts';
import { Refusal } from '../../shared/oci/stages.ts';
import { createAuthority } from '../peers/certificates.ts';
import { startHttpPeer } from '../peers/http-peer.ts';
import type { HttpPeer } from '../peers/http-peer.ts';
import { at, oddities } from '../peers/oddities.ts';
import { startRegistry } from '../peers/registry.ts';
import type { RegistryOptions } from '../peers/registry.ts';
import { probing, summary } from './probing.ts';

const users = { alice: 'right' };
const CONNECTED = 'dns:ok connect:ok tls:warning(PLAIN_HTTP)';

/** How often a login was sent, and to where. */
const loginsSent = ({ requests }: HttpPeer) =>
  requests.filter(({ authorization }) => authorization === 'Basic').map(({ path }) => path.split('?')[0]);
const anythingSent = ({ requests }: HttpPeer) => requests.filter(({ authorization }) => authorization);

/** As SDKs do: it throws an error of its own, not one of ours. */
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('The operation was aborted.')));
  });

describe('a right login', () => {
  test('is valid by Basic, and is sent once', async () => {
    await using registry = await startRegistry({ users });

    const result = await probing(registry);

    expect(result).toMatchObject({ verdict: 'valid', warnings: [] });
    expect(summary(result)).toBe(`${CONNECTED} ping:ok challenge:ok identity:ok access:ok`);
    expect(loginsSent(registry)).toEqual(['/v2/']);
  });

  test('is valid by Bearer, and goes to the token service alone', async () => {
    await using registry = await startRegistry({ users, auth: 'bearer' });

    const result = await probing(registry);

    expect(result.verdict).toBe('valid');
    expect(summary(result)).toBe(`${CONNECTED} ping:ok challenge:ok realm:ok identity:ok token:ok access:ok`);
    expect(loginsSent(registry)).toEqual(['/token']);
  });

  test('with opaque tokens is valid all the same', async () => {
    await using registry = await startRegistry({ users, auth: 'bearer', opaqueTokens: true });

    expect((await probing(registry)).verdict).toBe('valid');
  });

  test('with characters of other alphabets arrives as it is', async () => {
    await using registry = await startRegistry({ users: { jürgen: 'pässwörd:"%' } });

    expect((await probing(registry, { username: 'jürgen', password: 'pässwörd:"%' })).verdict).toBe('valid');
  });

  test('asks for the account, by the service of the challenge', async () => {
    await using registry = await startRegistry({ users, auth: 'bearer' });

    await probing(registry);

    const asked = registry.requests.findLast(({ path }) => path.startsWith('/token'));
    expect(Object.fromEntries(new URL(asked?.path ?? '', registry.url).searchParams)).toEqual({
      service: 'registry',
      client_id: 'regcred',
      account: 'alice',
    });
  });

  test('is checked over one connection', async () => {
    await using registry = await startRegistry({ users, auth: 'bearer' });

    await probing(registry);

    expect(registry.connectionCount()).toBe(1);
    await vi.waitFor(async () => expect(await registry.openConnections()).toBe(0));
  });
});

describe('a wrong password', () => {
  test.for(['basic', 'bearer'] as const)('is refused by %s, after one try', async (auth) => {
    await using registry = await startRegistry({ users, auth });

    const result = await probing(registry, { password: 'wrong' });

    expect(result.verdict).toBe('invalid_credentials');
    expect(summary(result)).toContain(auth === 'basic' ? 'access:failed(LOGIN_REFUSED)' : 'token:failed(LOGIN_REFUSED)');
    expect(loginsSent(registry)).toHaveLength(1);
  });

  test.for(['basic', 'bearer'] as const)('by %s leaves no trace in the result, though the registry repeats it', async (auth) => {
    const password = 'canary+"/ä-1234';
    const encoded = Buffer.from(`alice:${password}`).toString('base64');
    const odd: RegistryOptions['odd'] = (request, response) =>
      request.headers.authorization !== undefined &&
      oddities.status(401, {}, `${request.headers.authorization} ${password}`)(request, response);
    await using registry = await startRegistry({ users, auth, odd });

    const result = JSON.stringify(await probing(registry, { password }));

    expect(result).toContain('LOGIN_REFUSED');
    expect(result).not.toContain('canary');
    expect(result).not.toContain(encoded);
  });

  test('stays one try when repositories are asked about', async () => {
    await using registry = await startRegistry({ users, repositories: ['team/app'] });

    await probing(registry, { password: 'wrong', repositories: [{ name: 'team/app', actions: ['pull', 'push'] }] });

    expect(loginsSent(registry)).toHaveLength(1);
  });

  test('that has expired is told apart', async () => {
    const odd = at('/token', oddities.status(401, {}, '{"message":"Your authorization token has expired."}'));
    await using registry = await startRegistry({ users, auth: 'bearer', odd });

    expect((await probing(registry)).verdict).toBe('expired');
  });
});

describe('what anybody could do proves nothing', () => {
  test('a registry that asks for no login gets none', async () => {
    await using registry = await startRegistry({ users, odd: oddities.openPing() });
    let isMade = false;
    const login = () => {
      isMade = true;
      return Promise.reject(new Error('There was no reason to make a login.'));
    };

    const result = await probing(registry, { login });

    expect(result).toMatchObject({
      verdict: 'indeterminate',
      warnings: [{ code: 'OPEN_TO_ALL', hint: expect.stringMatching(/\w/) }],
    });
    expect(summary(result)).toBe(`${CONNECTED} ping:warning(OPEN_TO_ALL)`);
    expect(anythingSent(registry)).toEqual([]);
    expect(isMade).toBe(false);
  });

  test('a token that anybody gets, and that opens /v2/', async () => {
    await using registry = await startRegistry({ users, auth: 'bearer', anonymousEntry: true });

    const result = await probing(registry);

    expect(result).toMatchObject({ verdict: 'indeterminate', warnings: [{ code: 'ANYBODY_ENTERS' }] });
    expect(summary(result)).toContain('access:warning(ANYBODY_ENTERS)');
  });

  test('a token that anybody gets, but that opens nothing, takes nothing from a login that enters', async () => {
    await using registry = await startRegistry({ users, auth: 'bearer', anonymousTokens: true });

    expect((await probing(registry)).verdict).toBe('valid');
  });

  test('a token that a wrong login gets like anybody is refused with it', async () => {
    await using registry = await startRegistry({ users, auth: 'bearer', anonymousTokens: true, wrongLoginIsAnybody: true });

    const result = await probing(registry, { password: 'wrong' });

    expect(result.verdict).toBe('invalid_credentials');
    expect(summary(result)).toContain('token:ok access:failed(LOGIN_REFUSED)');
  });

  test('a wrong login that enters like anybody is not called valid', async () => {
    await using registry = await startRegistry({ users, auth: 'bearer', anonymousEntry: true, wrongLoginIsAnybody: true });

    expect((await probing(registry, { password: 'wrong' })).verdict).toBe('indeterminate');
  });

  test('there too, a wrong password is refused', async () => {
    await using registry = await startRegistry({ users, auth: 'bearer', anonymousEntry: true });

    expect((await probing(registry, { password: 'wrong' })).verdict).toBe('invalid_credentials');
  });

  test('for a provider whose token service gives nothing to wrong logins, a token is proof', async () => {
    await using registry = await startRegistry({ users, auth: 'bearer', anonymousEntry: true });

    expect((await probing(registry, { proof: ['scopeless-token'] })).verdict).toBe('valid');
    expect(registry.requests.filter(({ path }) => path.startsWith('/token'))).toHaveLength(1);
  });

  test("the provider's own word is proof, even at an open registry", async () => {
    await using registry = await startRegistry({ users, odd: oddities.openPing() });

    expect((await probing(registry, { proof: ['identify'], identify: async () => ({}) })).verdict).toBe('valid');
  });

  test('a provider that could not be asked leaves the proof to the registry', async () => {
    const proof: ProbeOptions['proof'] = ['ping', 'identify'];
    await using closed = await startRegistry({ users, auth: 'bearer' });
    await using open = await startRegistry({ users, auth: 'bearer', anonymousEntry: true });

    expect((await probing(closed, { proof, identify: nobodyToAsk })).verdict).toBe('valid');
    expect((await probing(open, { proof, identify: nobodyToAsk })).verdict).toBe('indeterminate');
    expect((await probing(open, { proof, identify: async () => ({}) })).verdict).toBe('valid');
  });

  test("the provider's own no ends it, before the registry sees the login", async () => {
    await using registry = await startRegistry({ users });
    const refusal = new Refusal('expired', 'KEY_EXPIRED', 'The key has expired.', 'Issue another.');

    const result = await probing(registry, { proof: ['identify'], identify: () => Promise.reject(refusal) });

    expect(result.verdict).toBe('expired');
    expect(summary(result)).toContain('identity:failed(KEY_EXPIRED)');
    expect(anythingSent(registry)).toEqual([]);
  });
});

describe('a realm that is not trusted', () => {
  test.for([
    'https://evil.example/token',
    'http://169.254.169.254/x',
    'https://0.0.0.0/',
    'file:///etc/passwd',
    'https://user@evil.example/',
  ])('%s: blocked, and no secret is sent', async (realm) => {
    await using registry = await startRegistry({ users, auth: 'bearer', realm });

    const result = await probing(registry);

    expect(result.verdict).toBe('blocked_by_policy');
    expect(result.stages.find(({ stage }) => stage === 'realm')).toMatchObject({
      outcome: 'failed',
      code: 'REALM_NOT_TRUSTED',
      detail: expect.stringContaining(new URL(realm).host),
    });
    expect(anythingSent(registry)).toEqual([]);
  });

  test('that the credential names, but the guard refuses, is blocked', async () => {
    await using registry = await startRegistry({ users, auth: 'bearer', realm: 'https://10.0.0.1/token' });

    const result = await probing(registry, { tokenRealm: 'https://10.0.0.1/token' });

    expect(result.verdict).toBe('blocked_by_policy');
    expect(result.stages.find(({ stage }) => stage === 'token')).toEqual(
      expect.not.objectContaining({ milliseconds: expect.anything() }),
    );
  });

  test('of a known token service somewhere else works, verified', async () => {
    const authority = createAuthority();
    await using service = await startRegistry({ users, auth: 'bearer', tls: authority.issue({ hosts: ['auth.example.com'] }) });
    const realm = 'https://auth.example.com/token';
    await using registry = await startRegistry({ users, auth: 'bearer', realm });
    const policy = { ca: authority.pem, connectTo: { 'auth.example.com:443': service.host } };

    const result = await probing(registry, { policy, isTrustedRealm: ({ href }) => href === realm });

    // The registry does not know the tokens of the other one.
    expect(result.verdict).toBe('misconfigured');
    expect(summary(result)).toContain('token:ok access:failed(TOKEN_NOT_BELIEVED)');
    expect(loginsSent(service)).toEqual(['/token']);
    expect(loginsSent(registry)).toEqual([]);
  });
});

describe('an odd answer', () => {
  test.for([
    ['429', oddities.throttle('7'), 'rate_limited', 'THROTTLED'],
    ['500', oddities.status(500), 'unreachable', 'SERVER_ERROR'],
    ['503', oddities.status(503), 'unreachable', 'SERVER_ERROR'],
    ['404', oddities.status(404), 'misconfigured', 'NO_V2_API'],
    ['418', oddities.status(418), 'misconfigured', 'UNEXPECTED_STATUS'],
    ['a redirect', oddities.redirect('https://elsewhere.example/?canary'), 'misconfigured', 'REDIRECTED'],
    ['a web page', oddities.html(), 'misconfigured', 'HTML'],
    ['403', oddities.status(403), 'misconfigured', 'FORBIDDEN_TO_ALL'],
    [
      '403 of a firewall',
      oddities.status(403, {}, "client with IP '203.0.113.9' is not allowed access"),
      'unreachable',
      'FIREWALL',
    ],
    ['401 without a challenge', oddities.status(401), 'misconfigured', 'NO_CHALLENGE'],
    ['a challenge without an end', oddities.challenge('Bearer realm="https://x'), 'misconfigured', 'BAD_CHALLENGE'],
    ['an unknown challenge', oddities.challenge('Negotiate'), 'misconfigured', 'UNKNOWN_CHALLENGE'],
    ['a relative realm', oddities.challenge('Bearer realm="/token"'), 'misconfigured', 'REALM_NOT_A_URL'],
    ['too large a body', oddities.hugeBody(200_000), 'misconfigured', 'BODY_TOO_LARGE'],
    ['silence', oddities.silence(), 'unreachable', 'REQUEST_TIMEOUT'],
    ['an answer without end', oddities.drip(), 'unreachable', 'REQUEST_TIMEOUT'],
    ['a closed connection', oddities.hangUp(), 'unreachable', 'CONNECTION_CLOSED'],
  ] as const)('of %s', async ([, odd, verdict, code]) => {
    await using registry = await startRegistry({ users, odd });

    const result = await probing(registry, { limits: { request: 400 } });

    expect(result.verdict).toBe(verdict);
    expect(result.stages.filter(({ outcome }) => outcome === 'failed')).toMatchObject([
      { code, detail: expect.stringMatching(/\w/), hint: expect.stringMatching(/\w/) },
    ]);
    expect(JSON.stringify(result)).not.toContain('canary');
    expect(anythingSent(registry)).toEqual([]);
  });

  test.for([
    ['429', oddities.throttle('Sat, 21 Nov 2026 12:00:30 GMT'), 'rate_limited'],
    ['502', oddities.status(502), 'unreachable'],
    ['a redirect', oddities.redirect('https://elsewhere.example/'), 'misconfigured'],
    ['a web page', oddities.html(), 'misconfigured'],
    ['no token', oddities.status(200, {}, '{}'), 'misconfigured'],
    ['no JSON', oddities.status(200, {}, '{'), 'misconfigured'],
    ['401', oddities.status(401), 'invalid_credentials'],
    ['403', oddities.status(403), 'invalid_credentials'],
  ] as const)('of %s from the token service', async ([, odd, verdict]) => {
    await using registry = await startRegistry({ users, auth: 'bearer', odd: at('/token', odd) });

    const result = await probing(registry);

    expect(result.verdict).toBe(verdict);
    expect(result.stages.find(({ stage }) => stage === 'token')?.outcome).toBe('failed');
    expect(result.stages.find(({ stage }) => stage === 'access')?.outcome).toBe('skipped');
  });

  test.for([
    ['7', 7],
    ['Sat, 21 Nov 2026 12:00:30 GMT', 30],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 1],
    ['999999999', 86_400],
    ['soon', undefined],
  ] as const)('Retry-After: %s means %s seconds', async ([text, seconds]) => {
    await using registry = await startRegistry({ users, odd: oddities.throttle(text) });

    const result = await probing(registry, { clock: { now: () => new Date('2026-11-21T12:00:00Z') } });

    expect(result.retryAfterSeconds).toBe(seconds);
  });

  test.for([
    ['403 after a right login', 403, '', 'insufficient_permission'],
    ['403 that says expired', 403, 'Your authorization token has expired.', 'expired'],
    ['500', 500, '', 'unreachable'],
  ] as const)('of %s from /v2/', async ([, status, body, verdict]) => {
    const odd: RegistryOptions['odd'] = (request, response) =>
      request.headers.authorization !== undefined && oddities.status(status, {}, body)(request, response);
    await using registry = await startRegistry({ users, odd });

    expect((await probing(registry)).verdict).toBe(verdict);
  });
});

describe('a registry that cannot be reached', () => {
  test.for([
    ['10.0.0.1:443', 'ADDRESS_BLOCKED'],
    ['169.254.169.254', 'ADDRESS_BLOCKED'],
  ])('%s is blocked, without a time that could tell what is there', async ([host = '', code]) => {
    const result = await probing({ url: `https://${host}` });

    expect(result.verdict).toBe('blocked_by_policy');
    expect(summary(result)).toBe(`dns:failed(${code})`);
    expect(JSON.stringify(result)).not.toContain('milliseconds');
  });

  test('plain http without permission has its own code', async () => {
    const result = await probing({ url: 'http://registry.example.com' });

    expect(summary(result)).toBe('dns:failed(PLAIN_HTTP_NOT_ALLOWED)');
  });

  test('a certificate that is not trusted fails the stage tls', async () => {
    await using registry = await startRegistry({ users, tls: createAuthority().issue({ hosts: ['127.0.0.1'] }) });

    const result = await probing(registry);

    expect(result.verdict).toBe('unreachable');
    expect(summary(result)).toBe('dns:ok connect:ok tls:failed(TLS_UNKNOWN_CA)');
  });

  test('a closed port fails the stage connect', async () => {
    const peer = await startHttpPeer((_request, response) => response.end());
    await peer[Symbol.asyncDispose]();

    expect(summary(await probing(peer))).toBe('dns:ok connect:failed(CONNECT_REFUSED)');
  });
});

describe('errors that are no answer of the registry', () => {
  test("the caller's abort is thrown", async () => {
    await using registry = await startRegistry({ users, odd: oddities.silence() });
    const controller = new AbortController();
    const result = probing(registry, { signal: controller.signal });
    await vi.waitFor(() => expect(registry.requests).toHaveLength(1));

    controller.abort(new Error('The caller went away.'));

    await expect(result).rejects.toThrow('The caller went away.');
  });

  test('a login that takes longer than a check may is no refusal', async () => {
    await using registry = await startRegistry({ users });
    const result = await probing(registry, { login: untilAborted, limit: 300 });

    expect(result.verdict).toBe('unreachable');
    expect(anythingSent(registry)).toEqual([]);
  });

  test('a defect in making the login is thrown', async () => {
    await using registry = await startRegistry({ users });

    await expect(probing(registry, { login: () => Promise.reject(new TypeError('a defect')) })).rejects.toThrow('a defect');
  });

  test('a network that is down while the login is made is no refusal', async () => {
    await using registry = await startRegistry({ users });
    const failure = new NetError('timeout', 'REQUEST_TIMEOUT', 'The cloud did not answer.', 'Try again.');

    const result = await probing(registry, { login: () => Promise.reject(failure) });

    expect(result.verdict).toBe('unreachable');
    expect(summary(result)).toContain('identity:failed(REQUEST_TIMEOUT)');
  });
});

async function nobodyToAsk() {
  return { provesNothing: true };
}
