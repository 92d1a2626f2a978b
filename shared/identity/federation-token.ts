import type { TokenCredential } from '@azure/identity';
import { Secret } from '../lib/secret.ts';
import { NetError } from '../net/net-error.ts';
import { IdentityError } from './identity-error.ts';

/** A token of Entra ID by which other clouds know regcred. Its claims are no secret: they are what those clouds must trust. */
export interface FederationToken {
  token: Secret;
  issuer: string;
  audience: string;
  subject: string;
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
  const { token } = await askEntra(credential, audience, signal);
  const { decodeJwt } = await import('jose/jwt/decode');
  try {
    const { iss = '', aud = '', sub = '' } = decodeJwt(token);
    return { token: new Secret(token), issuer: iss, audience: [aud].flat().join(' '), subject: sub };
  } catch {
    // The library's error quotes the token.
    throw new IdentityError('ENTRA_TOKEN_UNREADABLE', 'The token of Entra ID is no JWT.', AUDIENCE_HINT);
  }
}

const AUDIENCE_HINT = 'Check REGCRED_TOKEN_AUDIENCE: it is the application id URI of an app in the tenant of this service.';

async function askEntra(credential: TokenCredential, audience: string, abortSignal: AbortSignal): Promise<{ token: string }> {
  try {
    const token = await credential.getToken(`${audience}/.default`, { abortSignal });
    if (token) return token;
  } catch (error) {
    throw entraFailure(error);
  }
  throw noIdentity();
}

/** By name: importing the library's classes would load it. What it says is for the log. */
function entraFailure(error: unknown): unknown {
  if (error instanceof NetError) return down(error);
  if (!(error instanceof Error) || !/CredentialUnavailable|Authentication|Abort/.test(error.name)) return error;
  const cause = new Error(`${error.name}: ${error.message}`);
  if (error.name.includes('CredentialUnavailable')) return noIdentity(cause);
  // Without a code of Entra ID it is the network that failed, or our limit that ended it, in the library's words.
  const [code] = /AADSTS\d+/.exec(error.message) ?? [];
  return code === undefined ? down(cause) : refused(code, cause);
}

function down(cause: Error): IdentityError {
  return new IdentityError('ENTRA_DOWN', 'Entra ID does not answer as it should.', 'Ask again later; the log has the reason.', {
    isOutage: true,
    cause,
  });
}

function refused(code: string, cause: Error): IdentityError {
  const number = code.replace('AADSTS', '');
  return new IdentityError(
    'ENTRA_REFUSED',
    `Entra ID gives this service no token for other clouds (${code}).`,
    `${AUDIENCE_HINT} See https://login.microsoftonline.com/error?code=${number} for what the code means.`,
    { cause },
  );
}

function noIdentity(cause?: Error): IdentityError {
  return new IdentityError(
    'ENTRA_IDENTITY_MISSING',
    'This service has no identity in Entra ID.',
    'In Azure, AZURE_CLIENT_ID names the managed identity. Elsewhere set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or run "az login".',
    { cause },
  );
}
