import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { operatorNetwork } from '../../shared/net/operator.ts';
import { createAuthority, selfSigned } from '../peers/certificates.ts';
import { startHttpPeer } from '../peers/http-peer.ts';
import type { Handler } from '../peers/http-peer.ts';
import { oddities } from '../peers/oddities.ts';

const ISSUER = 'https://issuer.example.com';

/** An issuer under the name of a real one. */
async function startIssuer(handle: Handler) {
  const authority = createAuthority();
  const peer = await startHttpPeer(handle, authority.issue({ hosts: ['issuer.example.com'] }));
  return Object.assign(peer, {
    policy: { inAzure: false, ca: authority.pem, connectTo: { 'issuer.example.com:443': peer.host } },
  });
}

const soon = () => AbortSignal.timeout(5_000);

describe('getJson', () => {
  test('reads a document under the name of the issuer, past any proxy', async () => {
    vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:1');
    onTestFinished(() => void vi.unstubAllEnvs());
    await using issuer = await startIssuer((_request, response) => response.end('{"issuer":"x"}'));
    await using operator = operatorNetwork(issuer.policy);

    expect(await operator.getJson(`${ISSUER}/.well-known/openid-configuration`, soon())).toEqual({ issuer: 'x' });
    expect(issuer.requests).toMatchObject([{ host: 'issuer.example.com', path: '/.well-known/openid-configuration' }]);
  });

  test('goes through the proxy that the environment names', async () => {
    await using proxy = await startHttpPeer((_request, response) => response.end());
    const connected: string[] = [];
    proxy.onConnect((target) => connected.push(target));
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    vi.stubEnv('NO_PROXY', '');
    vi.stubEnv('no_proxy', '');
    onTestFinished(() => void vi.unstubAllEnvs());
    await using operator = operatorNetwork({ inAzure: false });

    await expect(operator.getJson(`${ISSUER}/keys`, soon())).rejects.toMatchObject({ name: 'NetError' });
    expect(connected).toEqual(['issuer.example.com:443']);
  });

  test('reads from this machine by plain http, outside Azure only', async () => {
    await using issuer = await startHttpPeer((_request, response) => response.end('{"keys":[]}'));
    await using operator = operatorNetwork({ inAzure: false });
    await using inAzure = operatorNetwork({ inAzure: true });

    expect(await operator.getJson(`${issuer.url}/keys`, soon())).toEqual({ keys: [] });
    await expect(inAzure.getJson(`${issuer.url}/keys`, soon())).rejects.toMatchObject({ code: 'PLAIN_HTTP_NOT_ALLOWED' });
  });

  test('asks nobody else by plain http', async () => {
    await using operator = operatorNetwork({ inAzure: false });

    await expect(operator.getJson('http://issuer.example.com/keys', soon())).rejects.toMatchObject({
      code: 'PLAIN_HTTP_NOT_ALLOWED',
    });
  });

  test.for([
    ['a redirect', oddities.redirect('https://elsewhere.example.com/'), 'UNEXPECTED_STATUS'],
    ['an error', oddities.status(503), 'UNEXPECTED_STATUS'],
    ['a page', oddities.html(), 'NOT_JSON'],
    ['a body over the limit', oddities.hugeBody(5000), 'BODY_TOO_LARGE'],
    ['silence', oddities.silence(), 'REQUEST_TIMEOUT'],
  ] as const)('fails on %s', async ([, odd, code]) => {
    await using issuer = await startIssuer((request, response) => void odd(request, response));
    await using operator = operatorNetwork(issuer.policy, { connect: 2_000, request: 500, body: 1024 });

    await expect(operator.getJson(`${ISSUER}/keys`, soon())).rejects.toMatchObject({ name: 'NetError', code });
  });

  test('says what is wrong with an issuer that cannot be reached', async () => {
    vi.stubEnv('NO_PROXY', '*');
    onTestFinished(() => void vi.unstubAllEnvs());
    await using stranger = await startHttpPeer((_request, response) => response.end('{}'), selfSigned(['127.0.0.1']));
    const gone = await startHttpPeer((_request, response) => response.end('{}'));
    await gone[Symbol.asyncDispose]();
    await using operator = operatorNetwork({ inAzure: false });

    await expect(operator.getJson(`https://${gone.host}/keys`, soon())).rejects.toMatchObject({ code: 'CONNECT_REFUSED' });
    await expect(operator.getJson(`https://${stranger.host}/keys`, soon())).rejects.toMatchObject({ code: 'TLS_SELF_SIGNED' });
  });

  test('does not trust an authority that the policy does not name', async () => {
    await using issuer = await startIssuer((_request, response) => response.end('{}'));
    await using operator = operatorNetwork({ inAzure: false, connectTo: issuer.policy.connectTo });

    await expect(operator.getJson(ISSUER, soon())).rejects.toMatchObject({ code: 'TLS_UNKNOWN_CA' });
  });
});
