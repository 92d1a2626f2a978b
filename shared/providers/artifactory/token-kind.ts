import { decodeJwt } from 'jose/jwt/decode';
import { SECOND } from '../../lib/clock.ts';
import type { Mistake } from '../fields.ts';
import { findForeignToken, findPasteMistake, tokenKind } from '../token-shapes.ts';

/**
 * What a secret of Artifactory is, by how it begins. `access`: a JWT. `reference`: `reftkn:` in base64; identity tokens look
 * like it, too. `api-key`: what tokens replaced. Undefined: none of them shows, as with passwords.
 *
 * https://jfrog.com/help/r/jfrog-platform-administration-documentation/access-tokens
 */
export function artifactoryTokenKind(secret: string): 'access' | 'reference' | 'api-key' | undefined {
  if (/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(secret)) return 'access';
  if (tokenKind(secret) === 'artifactory-reference') return 'reference';
  return /^AKC[\w-]{20,}$/.test(secret) ? 'api-key' : undefined;
}

/** The end that an access token has in it; undefined: none, or it cannot be read. */
export function endOf(accessToken: string): Date | undefined {
  try {
    const { exp } = decodeJwt(accessToken);
    return exp === undefined ? undefined : new Date(exp * SECOND);
  } catch {
    return undefined;
  }
}

/** Says what was pasted in place of a secret of Artifactory. A password may have quotes and spaces; a token has a mark. */
export function findArtifactoryMistake(text: string): Mistake | undefined {
  return (
    findForeignToken(text, ['artifactory-reference']) ?? (/eyJ|cmVmdGtu|AKC/.test(text) ? findPasteMistake(text) : undefined)
  );
}
