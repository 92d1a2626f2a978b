import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { SignJWT } from 'jose';
import { createAuthority } from './certificates.ts';
import type { Leaf } from './certificates.ts';
import { granted, signIn } from './grants.ts';
import type { Users } from './grants.ts';
import { basicLogin, startHttpPeer } from './http-peer.ts';
import type { HttpPeer } from './http-peer.ts';

export interface TokenServerOptions {
  users: Users;
  algorithm: 'RS256' | 'ES256';
  /** Anybody gets a token, good for pulling. */
  anonymousPull?: boolean;
  tls?: Leaf;
}

export interface TokenServer extends HttpPeer {
  users: Users;
  issuer: string;
  service: string;
  realm: string;
  /** What the registry must trust: a certificate of the signing key, in PEM. */
  certificate: string;
}

/** A token service that signs for docker-registry: https://distribution.github.io/distribution/spec/auth/jwt/ */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const key = newKey(options.algorithm);
  const server = { issuer: 'token-server', service: 'registry', users: options.users };
  const peer = await startHttpPeer((request, response) => {
    grant(options, server, key, request)
      .then((token) => {
        const body = token ? { token, access_token: token, expires_in: 300 } : { details: 'incorrect username or password' };
        return response.writeHead(token ? 200 : 401, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      })
      .catch(() => response.writeHead(500).end());
  }, options.tls);
  const { cert } = createAuthority().issue({ hosts: ['token-server'], key });
  return Object.assign(peer, server, { realm: `${peer.url}/token`, certificate: cert });
}

/** A signed token, or undefined for a wrong login. */
async function grant(
  { users, algorithm, anonymousPull = false }: TokenServerOptions,
  { issuer, service }: { issuer: string; service: string },
  key: KeyObject,
  request: IncomingMessage,
): Promise<string | undefined> {
  const login = basicLogin(request);
  const account = login && signIn(users, login);
  if (login ? !account : !anonymousPull) return undefined;
  const scopes = new URL(request.url ?? '/', 'http://localhost').searchParams.getAll('scope');
  const access = granted(account, scopes, ['pull']);
  return new SignJWT({ access })
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', kid: keyId(key) })
    .setIssuer(issuer)
    .setSubject(login?.username ?? '')
    .setAudience(service)
    .setIssuedAt()
    .setNotBefore('-10s')
    .setExpirationTime('5m')
    .setJti(randomUUID())
    .sign(key);
}

function newKey(algorithm: 'RS256' | 'ES256'): KeyObject {
  const { privateKey } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }));
}

/** libtrust's: the first 30 bytes of SHA-256 over the public key, in base32, in groups of four. */
function keyId(key: KeyObject): string {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const bits = [...createHash('sha256').update(spki).digest().subarray(0, 30)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  const letters = bits.match(/.{5}/g)?.map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five, 2)]) ?? [];
  return letters.join('').match(/.{4}/g)?.join(':') ?? '';
}
