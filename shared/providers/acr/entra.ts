import { z } from 'zod';
import { Secret } from '../../lib/secret.ts';
import type { Answer } from '../../net/exchange.ts';
import { Refusal } from '../../oci/stages.ts';
import type { Verdict } from '../../oci/stages.ts';
import type { Wire } from '../../oci/wire.ts';
import { readAnswer } from '../read-answer.ts';
import { postForm } from './post-form.ts';

/** An app with a client secret, in a tenant of a cloud. */
export interface ServicePrincipal {
  /** Of Entra ID in that cloud. */
  host: string;
  /** A GUID, or one of the tenant's domains. */
  tenantId: string;
  clientId: string;
  clientSecret: Secret;
}

/** What registries of every cloud take: https://learn.microsoft.com/azure/container-registry/container-registry-disable-authentication-as-arm */
const SCOPE = 'https://containerregistry.azure.net/.default';

const TokenAnswer = z.object({ access_token: z.string().min(1) });

const ErrorAnswer = z.object({ error_codes: z.array(z.int()) });

interface No {
  verdict: Verdict;
  code: string;
  detail: string;
  hint: string;
}

const UNKNOWN_TENANT: No = {
  verdict: 'invalid_credentials',
  code: 'ENTRA_UNKNOWN_TENANT',
  detail: 'Entra ID knows no such tenant in the cloud of this registry.',
  hint: 'Give the tenant id (directory id) of the tenant that the registry belongs to.',
};

/**
 * The answers that say clearly what is wrong. All others may come to mean something else, and are no verdict.
 *
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
const CLEAR: Record<number, No> = {
  7000215: {
    verdict: 'invalid_credentials',
    code: 'ENTRA_WRONG_SECRET',
    detail: 'Entra ID refused the client secret.',
    hint: "Give the secret's value, not its id. Entra shows the value once, so you may have to add a new secret to the app.",
  },
  7000222: {
    verdict: 'expired',
    code: 'ENTRA_SECRET_EXPIRED',
    detail: 'Entra ID says that the client secret has expired.',
    hint: 'Add a new client secret to the app and give it here.',
  },
  700016: {
    verdict: 'invalid_credentials',
    code: 'ENTRA_UNKNOWN_APP',
    detail: 'Entra ID knows no app with this client id in this tenant.',
    hint: 'Give the application (client) id, not an object id, and the tenant in which the app has a service principal.',
  },
  7000112: {
    verdict: 'insufficient_permission',
    code: 'ENTRA_APP_DISABLED',
    detail: 'The app is disabled in this tenant.',
    hint: 'Let its owner enable sign-in for the enterprise application.',
  },
  53003: {
    verdict: 'insufficient_permission',
    code: 'ENTRA_CONDITIONAL_ACCESS',
    detail: 'A Conditional Access policy of the tenant keeps the app from signing in from here.',
    hint: "Allow this service's outgoing address in that policy.",
  },
  90002: UNKNOWN_TENANT,
  900023: UNKNOWN_TENANT,
};

/**
 * A token of Entra ID for registries, by client credentials. Throws Refusal, and NetError; one with a verdict other than
 * those of `CLEAR` says nothing of the secret.
 *
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export async function requestEntraToken(
  wire: Wire,
  { host, tenantId, clientId, clientSecret }: ServicePrincipal,
): Promise<Secret> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret.reveal(),
    scope: SCOPE,
  });
  const url = new URL(`https://${host}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`);
  const answer = await postForm(wire, url, form);
  const token = readAnswer(TokenAnswer, answer);
  if (answer.status === 200 && token) return new Secret(token.access_token);
  throw refusalOf(answer);
}

function refusalOf(answer: Answer): Refusal {
  const { error_codes: codes = [] } = readAnswer(ErrorAnswer, answer) ?? {};
  const no = codes.map((code) => CLEAR[code]).find((known) => known !== undefined);
  if (no) return new Refusal(no.verdict, no.code, no.detail, no.hint);
  const [number] = codes;
  return new Refusal(
    'misconfigured',
    'ENTRA_UNCLEAR',
    `Entra ID answered ${answer.status}${number === undefined ? '' : ` with AADSTS${number}`} and gave no token.`,
    number === undefined ? 'Try again later.' : `See https://login.microsoftonline.com/error?code=${number} for what it means.`,
  );
}
