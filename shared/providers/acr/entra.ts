import { z } from 'zod';
import { Secret } from '../../lib/secret.ts';
import type { Wire } from '../../oci/wire.ts';
import { readAnswer } from '../read-answer.ts';
import { entraRefusal } from './entra-refusal.ts';
import { postForm } from './post-form.ts';

/** An app, in a tenant of a cloud, and what proves that we are it. */
export interface EntraApp {
  /** Of Entra ID in that cloud. */
  host: string;
  /** A GUID, or one of the tenant's domains. */
  tenantId: string;
  clientId: string;
  /** A secret of the app, or a token of an identity that it trusts. */
  proof: { clientSecret: Secret } | Assertion;
}

/** A token in place of a secret, and the audience for which it was made. */
export interface Assertion {
  assertion: Secret;
  audience: string;
}

const TokenAnswer = z.object({ access_token: z.string().min(1) });

/**
 * A token of Entra ID for `scope`, by client credentials. Throws Refusal, and NetError; one with a verdict other than
 * those of entra-refusal.ts says nothing of the proof.
 *
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export async function requestEntraToken(
  wire: Wire,
  { host, tenantId, clientId, proof }: EntraApp,
  scope: string,
): Promise<Secret> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, scope, ...proofFields(proof) });
  const url = new URL(`https://${host}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`);
  const answer = await postForm(wire, url, form);
  const token = readAnswer(TokenAnswer, answer);
  if (answer.status === 200 && token) return new Secret(token.access_token);
  throw entraRefusal(answer, 'assertion' in proof ? proof : undefined);
}

/** RFC 7523, section 2.2, for the token. */
function proofFields(proof: EntraApp['proof']): Record<string, string> {
  if ('clientSecret' in proof) return { client_secret: proof.clientSecret.reveal() };
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: proof.assertion.reveal(),
  };
}
