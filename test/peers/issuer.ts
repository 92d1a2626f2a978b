import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTHeaderParameters, type JWTPayload } from 'jose';
import type { Leaf } from './certificates.ts';
import { startHttpPeer, type HttpPeer } from './http-peer.ts';

export const AUDIENCE = 'regcred';

/** `silence` takes the request and never answers. */
export type IssuerMode = 'well' | 'down' | 'garbage' | 'no-keys' | 'silence';

export interface Issuer extends HttpPeer {
  mode: IssuerMode;
  /** Of the set that it publishes now. */
  keys: JWK[];
  /** The newest key. */
  current(): { id: string; key: CryptoKey; jwk: JWK };
  /** Publishes a new key in place of all others and signs with it from now on. */
  rotate(): Promise<void>;
  /** A token that is good for an hour and for `AUDIENCE`, unless the claims say otherwise; undefined leaves a claim out. */
  sign(claims?: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>;
}

/** An OpenID provider: discovery and key set over HTTP, keys that it can rotate, and days on which it is not well. */
export async function startIssuer({ algorithm = 'ES256', tls }: { algorithm?: string; tls?: Leaf } = {}): Promise<Issuer> {
  let signer = await newKey(algorithm);
  const peer: HttpPeer = await startHttpPeer(({ url }, response) => {
    if (issuer.mode === 'silence') return;
    if (issuer.mode === 'down') return void response.writeHead(503).end();
    if (issuer.mode === 'garbage') return void response.writeHead(200).end('<!doctype html>');
    if (issuer.mode === 'no-keys') return reply(response, {});
    if (url === '/.well-known/openid-configuration') return reply(response, { issuer: peer.url, jwks_uri: `${peer.url}/keys` });
    if (url === '/keys') return reply(response, { keys: issuer.keys });
    response.writeHead(404).end();
  }, tls);
  const own: Omit<Issuer, keyof HttpPeer> = {
    mode: 'well',
    keys: [signer.jwk],
    current: () => signer,
    async rotate() {
      signer = await newKey(algorithm);
      issuer.keys = [signer.jwk];
    },
    sign: (claims: JWTPayload = {}, header: Partial<JWTHeaderParameters> = {}) => {
      const now = Math.floor(Date.now() / 1000);
      const all = { iss: peer.url, aud: AUDIENCE, sub: 'robot', iat: now, exp: now + 3600, ...claims };
      return new SignJWT(all).setProtectedHeader({ alg: algorithm, kid: signer.id, ...header }).sign(signer.key);
    },
  };
  const issuer: Issuer = Object.assign(peer, own);
  return issuer;
}

async function newKey(algorithm: string): Promise<{ id: string; key: CryptoKey; jwk: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const id = randomUUID();
  return { id, key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid: id, alg: algorithm, use: 'sig' } };
}

function reply(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
