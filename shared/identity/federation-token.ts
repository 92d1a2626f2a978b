import type { TokenCredential } from '@azure/identity';
import type { Secret } from '../lib/secret.ts';
import { requestEntraToken } from './entra-token.ts';
import { IdentityError } from './identity-error.ts';

/** A token of Entra ID by which other clouds know regcred. Its claims are no secret: they are what those clouds must trust. */
export interface FederationToken {
  token: Secret;
  issuer: string;
  audience: string;
  subject: string;
  /** Who asked for it; tokens of version 1 do not say. AWS takes this for the audience. */
  authorizedParty?: string;
}

/**
 * Asks Entra ID for it; `audience` is an application id URI. Throws IdentityError.
 *
 * https://learn.microsoft.com/entra/identity-platform/access-tokens
 */
export async function requestFederationToken(
  credential: TokenCredential,
  audience: string,
  signal: AbortSignal,
): Promise<FederationToken> {
  const token = await requestEntraToken(credential, `${audience}/.default`, signal).catch(withAudience);
  const { decodeJwt } = await import('jose/jwt/decode');
  try {
    const { iss = '', aud = '', sub = '', azp } = decodeJwt<{ azp?: string }>(token.reveal());
    return { token, issuer: iss, audience: [aud].flat().join(' '), subject: sub, ...(azp && { authorizedParty: azp }) };
  } catch {
    // The library's error quotes the token.
    throw new IdentityError('ENTRA_TOKEN_UNREADABLE', 'The token of Entra ID is no JWT.', AUDIENCE_HINT);
  }
}

/** What another cloud must trust, in words. */
export function claimsOf({ issuer, audience, subject }: FederationToken): string {
  return `issuer ${issuer}, audience ${audience}, subject ${subject}`;
}

const AUDIENCE_HINT = 'Check REGCRED_TOKEN_AUDIENCE: it is the application id URI of an app in the tenant of this service.';

/** That is what is wrong, or may be. */
function withAudience(error: unknown): never {
  if (!(error instanceof IdentityError)) throw error;
  const { code, message, hint, cause } = error;
  if (code === 'ENTRA_RESOURCE_UNKNOWN') throw new IdentityError(code, message, AUDIENCE_HINT, { cause });
  if (code !== 'ENTRA_REFUSED') throw error;
  throw new IdentityError(code, message, `${AUDIENCE_HINT} ${hint}`, { cause });
}
