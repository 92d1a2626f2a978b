import { z } from 'zod';
import { claimsOf, type FederationToken } from '../../identity/federation-token.ts';
import { Secret } from '../../lib/secret.ts';
import { Refusal } from '../../oci/stages.ts';
import { readAnswer } from '../read-answer.ts';
import { apiDisabled, notAsItShould, postToGoogle, SCOPE, type GoogleContext } from './google-api.ts';

const Exchanged = z.object({ access_token: z.string().min(1) });

/** RFC 6749, section 5.2; where an API is off, Google's own form instead. */
const Denial = z.object({ error: z.string(), error_description: z.string().catch('') });

export interface TokenService {
  url: string;
  /** The name of the workload identity provider. */
  identityProvider: string;
}

/**
 * What Google gives for a token of Entra ID: good for being a service account that lets this subject. Throws Refusal and
 * NetError.
 *
 * https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
 */
export async function exchangeToken(
  context: GoogleContext,
  { url, identityProvider }: TokenService,
  own: FederationToken,
): Promise<Secret> {
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience: `//iam.googleapis.com/${identityProvider}`,
    scope: SCOPE,
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    subject_token: own.token.reveal(),
  });
  const answer = await postToGoogle(context, url, form);
  const exchanged = answer.status === 200 ? readAnswer(Exchanged, answer) : undefined;
  if (exchanged) return new Secret(exchanged.access_token);
  const denial = readAnswer(Denial, answer);
  throw apiDisabled(url, answer) ?? (denial && refused(denial, own)) ?? notAsItShould(url, answer);
}

/** By `error`, which several mistakes share; the description tells the rest. Undefined: not known. */
function refused({ error, error_description: description }: z.output<typeof Denial>, own: FederationToken): Refusal | undefined {
  if (error === 'invalid_target' || (error === 'invalid_request' && /audience/i.test(description))) {
    return new Refusal(
      'invalid_credentials',
      'IDENTITY_PROVIDER_UNKNOWN',
      'Google knows no such workload identity provider, or it or its pool is disabled or deleted.',
      'Check the number of the project, the pool and the provider.',
    );
  }
  if (error === 'unauthorized_client') {
    return new Refusal(
      'insufficient_permission',
      'CONDITION_REFUSED',
      'The attribute condition of the workload identity provider does not let this service in.',
      `Let the condition take a token with ${claimsOf(own)}.`,
    );
  }
  if (error !== 'invalid_grant') return undefined;
  if (/connecting to|stale|not yet valid/i.test(description)) {
    return new Refusal(
      'unreachable',
      'TOKEN_NOT_VERIFIED',
      'Google could not verify the token of this service: it could not ask Entra ID, or the clocks differ.',
      'Try again; if it stays, set the clock of this service.',
    );
  }
  return new Refusal(
    'insufficient_permission',
    'TOKEN_NOT_TRUSTED',
    'The workload identity provider does not trust the tokens of this service.',
    `Give the provider the issuer and the allowed audience of a token with ${claimsOf(own)}.`,
  );
}
