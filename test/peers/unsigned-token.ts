import { randomUUID } from 'node:crypto';

/** A token in the form of a JWT, for peers that know their tokens by heart; no two are the same. */
export function unsignedToken(claims: object): string {
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ ...claims, jti: randomUUID() })}.${randomUUID()}`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
