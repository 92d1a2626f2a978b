import { createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';

/** Signs as Entra ID does, with a key that it publishes. */
export interface EntraSigner {
  keys: JSONWebKeySet;
  /** A token that is good for an hour, unless the claims say otherwise. */
  sign(claims: object): string;
}

export function createEntraSigner(): EntraSigner {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = randomUUID();
  const jwk = { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig', kty: 'RSA' };
  return {
    keys: { keys: [jwk] },
    sign(claims) {
      const now = Math.floor(Date.now() / 1000);
      const parts = [
        { alg: 'RS256', typ: 'JWT', kid },
        { iat: now, nbf: now, exp: now + 3600, jti: randomUUID(), ...claims },
      ];
      const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
      return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
    },
  };
}
