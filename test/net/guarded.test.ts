import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { Secret } from '../../shared/lib/secret.ts';
import { guardedNetwork } from '../../shared/net/guarded.ts';
import type { GuardedLimits, SessionOptions } from '../../shared/net/guarded.ts';
import type { NetworkPolicy, Relaxation } from '../../shared/net/network-policy.ts';
import { createAuthority, selfSigned } from '../peers/certificates.ts';
import { startHttpPeer } from '../peers/http-peer.ts';
import type { HttpPeer } from '../peers/http-peer.ts';
import { oddities } from '../peers/oddities.ts';
import type { Oddity } from '../peers/registry.ts';

const NAME = 'registry.example.com';

/** A peer under the name of a real registry, by the operator's connectTo. */
const reaching = (peer: HttpPeer, ca?: string): NetworkPolicy => ({
  inAzure: false,
  connectTo: { [`${NAME}:443`]: peer.host },
  ...(ca && { ca }),
});

const plain = (peer: HttpPeer, ...more: Relaxation[]): NetworkPolicy => ({
  inAzure: false,
  relaxed: { [peer.host]: ['plain-http', 'loopback', ...more] },
});

const answering = (odd: Oddity) => startHttpPeer((request, response) => void odd(request, response));

function openPlain(peer: HttpPeer, limits: Partial<GuardedLimits> = {}, options: Partial<SessionOptions> = {}) {
  return guardedNetwork(plain(peer), { limits }).open({ host: peer.host, tls: 'plain-http', ...options });
}

/** A name server that gives each of its answers once, the last one for ever. */
const resolving = (...answers: string[][]) => {
  const asked: string[] = [];
  const resolve = async (host: string) => answers[Math.min(asked.push(host), answers.length) - 1] ?? [];
  return { asked, resolve };
};

const neverResolving = () => new Promise<string[]>(() => {});

describe('a request', () => {
  test('brings status, headers and body; two lines of a header are one', async () => {
    await using peer = await startHttpPeer((_request, response) => {
      response.setHeader('www-authenticate', ['Negotiate', 'Basic realm="x"']);
      response.writeHead(401).end('no');
    });
    await using session = openPlain(peer);

    const answer = await session.request(`${session.origin}/v2/`);

    expect(answer).toMatchObject({ status: 401, body: 'no' });
    expect(answer.headers.get('www-authenticate')).toBe('Negotiate, Basic realm="x"');
  });

  test('keeps its connection for the next one, and the session closes it', async () => {
    await using peer = await answering(oddities.status(200));
    const session = openPlain(peer);
    await session.request(`${session.origin}/a`);
    await session.request(`${session.origin}/b`);

    await session[Symbol.asyncDispose]();

    expect(peer.connectionCount()).toBe(1);
    await vi.waitFor(async () => expect(await peer.openConnections()).toBe(0));
  });

  test('never follows a redirect', async () => {
    await using elsewhere = await answering(oddities.status(200));
    await using peer = await answering(oddities.redirect(`${elsewhere.url}/taken`));
    await using session = openPlain(peer);

    const answer = await session.request(`${session.origin}/v2/`, { headers: { authorization: new Secret('Basic c2VjcmV0') } });

    expect(answer.status).toBe(307);
    expect(elsewhere.requests).toEqual([]);
  });

  test('asks for no compression, and inflates none', async () => {
    await using peer = await startHttpPeer((request, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(request.headers['accept-encoding'] ?? 'nothing');
    });
    await using session = openPlain(peer);

    expect((await session.request(session.origin)).body).toBe('nothing');
  });

  test.for([
    ['a body over the limit', oddities.hugeBody(5000), { body: 1024 }, 'BODY_TOO_LARGE'],
    ['headers over the limit', oddities.hugeHeaders(5000), { headers: 2048 }, 'HEADERS_TOO_LARGE'],
    ['no answer in time', oddities.silence(), { request: 200 }, 'REQUEST_TIMEOUT'],
    ['an answer without end', oddities.drip(), { request: 300 }, 'REQUEST_TIMEOUT'],
    ['a closed connection', oddities.hangUp(), {}, 'CONNECTION_CLOSED'],
  ] as const)('fails on %s', async ([, odd, limits, code]) => {
    await using peer = await answering(odd);
    await using session = openPlain(peer, limits);

    await expect(session.request(session.origin)).rejects.toMatchObject({ name: 'NetError', code });
  });

  test('fails on what is no HTTP', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    await using session = guardedNetwork({ inAzure: false, relaxed: { [host]: ['plain-http', 'loopback'] } }).open({
      host,
      tls: 'plain-http',
    });

    await expect(session.request(session.origin)).rejects.toMatchObject({ code: 'NOT_HTTP' });
    server.close();
  });

  test('reads headers in any alphabet', async () => {
    // A server that sends UTF-8 where Latin-1 is meant.
    const name = Buffer.from('登録').toString('latin1');
    await using peer = await answering(oddities.status(200, { 'x-name': name }));
    await using session = openPlain(peer);

    expect((await session.request(session.origin)).headers.get('x-name')).toBe(name);
  });

  test('fails without the value of a header that cannot be sent', async () => {
    await using peer = await answering(oddities.status(200));
    await using session = openPlain(peer);

    const failure = await session
      .request(session.origin, { headers: { authorization: new Secret('Basic canary-1234\r\nx: y') } })
      .catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('canary');
    expect(peer.requests).toEqual([]);
  });
});

describe('an abort', () => {
  test('of a request ends it, and leaves no connection', async () => {
    await using peer = await answering(oddities.silence());
    await using session = openPlain(peer);
    const controller = new AbortController();
    const request = session.request(session.origin, { signal: controller.signal });
    await vi.waitFor(() => expect(peer.requests).toHaveLength(1));

    controller.abort();

    await expect(request).rejects.toMatchObject({ kind: 'aborted' });
    await vi.waitFor(async () => expect(await peer.openConnections()).toBe(0));
  });

  test('of the session ends its requests, and leaves no connection', async () => {
    await using peer = await answering(oddities.silence());
    const controller = new AbortController();
    await using session = openPlain(peer, {}, { signal: controller.signal });
    const request = session.request(session.origin);
    await vi.waitFor(() => expect(peer.requests).toHaveLength(1));

    controller.abort();

    await expect(request).rejects.toMatchObject({ kind: 'aborted' });
    await expect(session.request(session.origin)).rejects.toMatchObject({ kind: 'aborted' });
    await vi.waitFor(async () => expect(await peer.openConnections()).toBe(0));
  });

  test('of the session closes a connection that waits for the next request', async () => {
    await using peer = await answering(oddities.status(200));
    const controller = new AbortController();
    await using session = openPlain(peer, {}, { signal: controller.signal });
    await session.request(session.origin);
    expect(await peer.openConnections()).toBe(1);

    controller.abort();

    await vi.waitFor(async () => expect(await peer.openConnections()).toBe(0));
  });

  test('ends a connection that is still being made', async () => {
    const sockets = new Set<unknown>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket
        .on('close', () => sockets.delete(socket))
        .on('error', () => {})
        .resume();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const session = guardedNetwork({ inAzure: false, connectTo: { [`${NAME}:443`]: `127.0.0.1:${port}` } }).open({
      host: NAME,
      tls: 'verify',
    });
    const request = session.request(session.origin).catch((error: unknown) => error);
    await vi.waitFor(() => expect(sockets.size).toBe(1));

    await session[Symbol.asyncDispose]();

    expect(await request).toMatchObject({ kind: 'aborted' });
    await vi.waitFor(() => expect(sockets.size).toBe(0));
    server.close();
  });
});

describe('names', () => {
  test('a name server that answers differently the second time gains nothing', async () => {
    await using peer = await answering(oddities.status(200));
    const host = `${NAME}:${peer.port}`;
    const policy: NetworkPolicy = { inAzure: false, relaxed: { [host]: ['plain-http', 'loopback'] } };
    const { asked, resolve } = resolving(['127.0.0.1'], ['169.254.169.254']);
    await using session = guardedNetwork(policy, { resolve }).open({ host, tls: 'plain-http' });

    const answer = await session.request(session.origin);

    expect(answer.status).toBe(200);
    expect(peer.requests[0]?.host).toBe(host);
    expect(asked).toEqual([NAME]);
  });

  test('a new connection is checked again', async () => {
    await using peer = await startHttpPeer((_request, response) => response.setHeader('connection', 'close').end());
    const host = `${NAME}:${peer.port}`;
    const policy: NetworkPolicy = { inAzure: false, relaxed: { [host]: ['plain-http', 'loopback'] } };
    const { resolve } = resolving(['127.0.0.1'], ['169.254.169.254']);
    await using session = guardedNetwork(policy, { resolve }).open({ host, tls: 'plain-http' });
    await session.request(session.origin);

    await expect(session.request(session.origin)).rejects.toMatchObject({ code: 'ADDRESS_BLOCKED', reason: 'METADATA_ADDRESS' });
    expect(peer.requests).toHaveLength(1);
  });

  test('one bad address among good ones is enough to refuse', async () => {
    const { resolve } = resolving(['8.8.8.8', '10.0.0.1']);
    await using session = guardedNetwork({ inAzure: false }, { resolve }).open({ host: NAME, tls: 'verify' });

    await expect(session.request(session.origin)).rejects.toMatchObject({ kind: 'blocked', reason: 'PRIVATE_ADDRESS' });
  });

  test('a name without addresses does not exist', async () => {
    const { resolve } = resolving([]);
    await using session = guardedNetwork({ inAzure: false }, { resolve }).open({ host: NAME, tls: 'verify' });

    await expect(session.request(session.origin)).rejects.toMatchObject({ kind: 'dns', code: 'DNS_NOT_FOUND' });
  });

  test('a name server that does not answer is given up', async () => {
    await using session = guardedNetwork({ inAzure: false }, { resolve: neverResolving, limits: { connect: 100 } }).open({
      host: NAME,
      tls: 'verify',
    });

    await expect(session.request(session.origin)).rejects.toMatchObject({ kind: 'dns', code: 'DNS_TIMEOUT' });
  });

  test('a port where nobody listens says so', async () => {
    const peer = await answering(oddities.status(200));
    await peer[Symbol.asyncDispose]();
    await using session = guardedNetwork(plain(peer)).open({ host: peer.host, tls: 'plain-http' });

    await expect(session.request(session.origin)).rejects.toMatchObject({ kind: 'connect', code: 'CONNECT_REFUSED' });
  });
});

describe('TLS', () => {
  const authority = createAuthority();

  test('connectTo keeps the name, for the certificate and for the Host header', async () => {
    await using peer = await startHttpPeer((_request, response) => response.end('hello'), authority.issue({ hosts: [NAME] }));
    await using session = guardedNetwork(reaching(peer, authority.pem)).open({ host: NAME, tls: 'verify' });

    expect((await session.request(session.origin)).body).toBe('hello');
    expect(peer.requests[0]?.host).toBe(NAME);
  });

  test.for([
    ['an authority nobody trusts', authority.issue({ hosts: [NAME] }), undefined, 'TLS_UNKNOWN_CA'],
    ['a self-signed certificate', selfSigned([NAME]), authority.pem, 'TLS_SELF_SIGNED'],
    ['another name', authority.issue({ hosts: ['other.example.com'] }), authority.pem, 'TLS_WRONG_HOST'],
    [
      'an expired certificate',
      authority.issue({ hosts: [NAME], notAfter: new Date(Date.now() - 1000) }),
      authority.pem,
      'TLS_EXPIRED',
    ],
  ] as const)('%s is told apart', async ([, leaf, ca, code]) => {
    await using peer = await startHttpPeer((_request, response) => response.end(), leaf);
    await using session = guardedNetwork(reaching(peer, ca)).open({ host: NAME, tls: 'verify' });

    await expect(session.request(session.origin)).rejects.toMatchObject({ kind: 'tls', code });
    expect(peer.requests).toEqual([]);
  });

  test('a port that speaks plain http is told apart', async () => {
    await using peer = await startHttpPeer((_request, response) => response.end());
    await using session = guardedNetwork(reaching(peer)).open({ host: NAME, tls: 'verify' });

    await expect(session.request(session.origin)).rejects.toMatchObject({ kind: 'tls', code: 'TLS_NOT_SPOKEN' });
  });

  test('custom-ca trusts that authority and no other', async () => {
    const other = createAuthority('Another authority');
    await using peer = await startHttpPeer((_request, response) => response.end(), authority.issue({ hosts: [NAME] }));
    const network = guardedNetwork(reaching(peer, authority.pem));
    await using good = network.open({ host: NAME, tls: 'custom-ca', ca: authority.pem });
    await using bad = network.open({ host: NAME, tls: 'custom-ca', ca: other.pem });

    expect((await good.request(good.origin)).status).toBe(200);
    await expect(bad.request(bad.origin)).rejects.toMatchObject({ code: 'TLS_UNKNOWN_CA' });
  });

  test('skip-verify holds for the registry alone, not for another origin in its session', async () => {
    await using peer = await startHttpPeer((_request, response) => response.end(), selfSigned([NAME]));
    const policy: NetworkPolicy = {
      inAzure: false,
      connectTo: { [`${NAME}:443`]: peer.host, 'auth.example.com:443': peer.host },
      relaxed: {
        [`${NAME}:443`]: ['skip-verify'],
        'auth.example.com:443': ['skip-verify'],
        'auth.example.com:80': ['plain-http'],
      },
    };
    await using session = guardedNetwork(policy).open({ host: NAME, tls: 'skip-verify' });

    expect((await session.request(session.origin)).status).toBe(200);
    await expect(session.request('https://auth.example.com/token')).rejects.toMatchObject({ kind: 'tls' });
    await expect(session.request('http://auth.example.com/token')).rejects.toMatchObject({ code: 'PLAIN_HTTP_NOT_ALLOWED' });
  });

  test('a connection that skips verification never serves a session that verifies', async () => {
    await using peer = await startHttpPeer((_request, response) => response.end(), selfSigned([NAME]));
    const network = guardedNetwork({ ...reaching(peer), relaxed: { [`${NAME}:443`]: ['skip-verify'] } });
    await using lax = network.open({ host: NAME, tls: 'skip-verify' });
    await lax.request(lax.origin);
    await using strict = network.open({ host: NAME, tls: 'verify' });

    await expect(strict.request(strict.origin)).rejects.toMatchObject({ kind: 'tls' });
  });

  test('the authorities of the policy are ignored in Azure', () => {
    expect(() => guardedNetwork({ inAzure: false, ca: '/no/such/file.pem' })).toThrow('ENOENT');
    expect(() => guardedNetwork({ inAzure: true, ca: '/no/such/file.pem' })).not.toThrow();
  });
});
