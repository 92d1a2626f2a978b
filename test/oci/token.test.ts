import { describe, expect, test } from 'vitest';
import { Secret } from '../../shared/lib/secret.ts';
import { guardedNetwork } from '../../shared/net/guarded.ts';
import { asItIs } from '../../shared/oci/login.ts';
import { requestToken } from '../../shared/oci/token.ts';
import type { RegistryToken, TokenRequest } from '../../shared/oci/token.ts';
import { startHttpPeer } from '../peers/http-peer.ts';
import type { HttpPeer } from '../peers/http-peer.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const inSeconds = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
const answering = (body: object) => startHttpPeer((_request, response) => response.end(JSON.stringify(body)));
const jwt = (claims: object) => `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

/** Asks a token service that stands at the origin of a registry. */
async function asking(peer: HttpPeer, request: Omit<TokenRequest, 'realm'> = {}, query = ''): Promise<RegistryToken> {
  const network = guardedNetwork({ inAzure: false, relaxed: { [peer.host]: ['plain-http', 'loopback'] } });
  await using session = network.open({ host: peer.host, tls: 'plain-http' });
  const wire = { session, clock: { now: () => NOW }, signal: AbortSignal.timeout(5_000) };
  return await requestToken(wire, { realm: new URL(`${peer.url}/token${query}`), ...request });
}

describe('a token request', () => {
  test('keeps the query of the realm, sets the service, and repeats the scope', async () => {
    await using peer = await answering({ token: 'opaque' });
    const login = asItIs('a&b', new Secret('right'));

    await asking(
      peer,
      { service: 'new', scopes: ['repository:a:pull', 'repository:b:pull,push'], login },
      '?keep=1&service=old&scope=stale',
    );

    const { searchParams } = new URL(peer.requests[0]?.path ?? '', peer.url);
    expect([...searchParams]).toEqual([
      ['keep', '1'],
      ['service', 'new'],
      ['scope', 'repository:a:pull'],
      ['scope', 'repository:b:pull,push'],
      ['client_id', 'regcred'],
      ['account', 'a&b'],
    ]);
    expect(peer.requests[0]?.authorization).toBe('Basic');
  });

  test('as anybody carries no login', async () => {
    await using peer = await answering({ token: 'opaque' });

    await asking(peer);

    expect(peer.requests).toEqual([{ method: 'GET', path: '/token?client_id=regcred', host: peer.host }]);
  });

  test.for([
    ['token', { token: 'one' }, 'one'],
    ['access_token', { access_token: 'two' }, 'two'],
    ['an empty token beside access_token', { token: '', access_token: 'two' }, 'two'],
    ['both', { token: 'one', access_token: 'one' }, 'one'],
  ] as const)('takes %s', async ([, body, value]) => {
    await using peer = await answering(body);

    expect((await asking(peer)).value.reveal()).toBe(value);
  });

  test.for([
    ['60 s, if nothing says', { token: 'opaque' }, 60],
    ['expires_in', { token: 'opaque', expires_in: 300 }, 300],
    ['the claim exp', { token: jwt({ exp: NOW.getTime() / 1000 + 900 }) }, 900],
    ['expires_in before the claim', { token: jwt({ exp: NOW.getTime() / 1000 + 900 }), expires_in: 300 }, 300],
    ['60 s, if expires_in is nonsense', { token: 'opaque', expires_in: 'soon' }, 60],
    ['60 s, if expires_in is beyond any calendar', { token: 'opaque', expires_in: 1e300 }, 60],
    ['60 s, if the claim exp is', { token: jwt({ exp: 1e300 }) }, 60],
  ] as const)('lives for %s', async ([, body, seconds]) => {
    await using peer = await answering(body);

    expect((await asking(peer)).expiresAt).toEqual(inSeconds(seconds));
  });

  test('reads what it is good for, where it says so', async () => {
    const access = [{ type: 'repository', name: 'team/app', actions: ['pull'] }];
    await using telling = await answering({ token: jwt({ access }) });
    await using odd = await answering({ token: jwt({ access: 'everything' }) });
    await using opaque = await answering({ token: 'eyJ.not.json' });

    expect((await asking(telling)).access).toEqual(access);
    expect((await asking(odd)).access).toBeUndefined();
    expect((await asking(opaque)).access).toBeUndefined();
  });
});
