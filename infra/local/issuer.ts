import { join } from 'node:path';
import type { JWK } from 'jose';
import { readOrCreate } from './private-file.ts';

export const LOCAL_ISSUER = 'urn:regcred:local';
export const LOCAL_AUDIENCE = 'regcred';

/** What a token of the local issuer says about whoever holds it. */
export interface LocalClaims {
  subject: string;
  project: string;
  role: string;
  /** '' for all. */
  environment: string;
}

/** The identity provider of one machine: whoever can read its key file can make tokens. */
export interface LocalIssuer {
  publicKey: JWK;
  /** A token that lives 12 hours. */
  sign(claims: LocalClaims): Promise<string>;
}

const ALGORITHM = 'ES256';
const LIFETIME = '12h';

/** Reads the key pair in the data folder, or makes it. jose is loaded only to make a key or a token, not at every start. */
export async function openLocalIssuer(dataFolder: string): Promise<LocalIssuer> {
  const file = join(dataFolder, 'issuer.key.json');
  const key = parseKey(await readOrCreate(file, makeKey), file);
  const { d: _private, ...publicKey } = key;
  return {
    publicKey,
    async sign({ subject, ...claims }) {
      const { SignJWT, importJWK } = await import('jose');
      return await new SignJWT(claims)
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT', ...(key.kid && { kid: key.kid }) })
        .setIssuer(LOCAL_ISSUER)
        .setAudience(LOCAL_AUDIENCE)
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime(LIFETIME)
        .sign(await importJWK(key, ALGORITHM));
    },
  };
}

async function makeKey(): Promise<string> {
  const { calculateJwkThumbprint, exportJWK, generateKeyPair } = await import('jose');
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return JSON.stringify({ ...jwk, kid: await calculateJwkThumbprint(jwk), alg: ALGORITHM, use: 'sig' });
}

/** Without the parser's own words, which would quote the key. */
function parseKey(text: string, file: string): JWK {
  try {
    const key = JSON.parse(text) as JWK;
    if (key.kty === 'EC' && key.d) return key;
  } catch {
    // Said below.
  }
  throw new Error(`${file} is not the key of the local issuer: remove it, and a new one is made`);
}
