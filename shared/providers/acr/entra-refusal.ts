import { z } from 'zod';
import type { Answer } from '../../net/exchange.ts';
import { Refusal } from '../../oci/stages.ts';
import type { Verdict } from '../../oci/stages.ts';
import { readAnswer } from '../read-answer.ts';
import type { Assertion } from './entra.ts';
import { readClaims } from './token-claims.ts';

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

/** Its hint goes on with what the federated credential must say. */
const NOT_FEDERATED: No = {
  verdict: 'invalid_credentials',
  code: 'ENTRA_NOT_FEDERATED',
  detail: 'The app has no federated credential that trusts the identity of this service.',
  hint: 'Add one to the app (Certificates & secrets > Federated credentials), or correct it; it takes some minutes to work.',
};

const NOT_MANAGED: No = {
  verdict: 'misconfigured',
  code: 'ENTRA_NOT_MANAGED',
  detail: 'Apps trust managed identities of Azure alone, and this service is another kind of identity.',
  hint: 'Use this method where the service runs in Azure as a user-assigned managed identity.',
};

/**
 * The answers that say clearly what is wrong. All others may come to mean something else, and are no verdict.
 *
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 * https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
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
  // No record fits; newer answers say whether issuer, audience, subject, or only the case of its letters.
  70021: NOT_FEDERATED,
  700211: NOT_FEDERATED,
  700212: NOT_FEDERATED,
  7002121: NOT_FEDERATED,
  700213: NOT_FEDERATED,
  7002137: NOT_FEDERATED,
  7002138: NOT_FEDERATED,
  700236: {
    verdict: 'invalid_credentials',
    code: 'ENTRA_OTHER_TENANT',
    detail: 'The app is registered in another tenant than the identity of this service, and then it cannot trust it.',
    hint: "Register an app for several tenants in this service's own tenant, let it trust this service there, and add it to the registry's tenant as an enterprise application.",
  },
  700222: NOT_MANAGED,
  700226: NOT_MANAGED,
  700229: NOT_MANAGED,
};

/** What an answer without a token means; with `assertion`, if that was sent in place of a secret. */
export function entraRefusal(answer: Answer, assertion: Assertion | undefined): Refusal {
  const { error_codes: codes = [] } = readAnswer(ErrorAnswer, answer) ?? {};
  const no = codes.map((code) => CLEAR[code]).find((known) => known !== undefined);
  if (no)
    return new Refusal(no.verdict, no.code, no.detail, no === NOT_FEDERATED && assertion ? withClaims(no, assertion) : no.hint);
  const [number] = codes;
  return new Refusal(
    'misconfigured',
    'ENTRA_UNCLEAR',
    `Entra ID answered ${answer.status}${number === undefined ? '' : ` with AADSTS${number}`} and gave no token.`,
    number === undefined ? 'Try again later.' : `See https://login.microsoftonline.com/error?code=${number} for what it means.`,
  );
}

/** What was sent is what the record must say, but for the audience: a token has that of its app, by another name. */
function withClaims({ hint }: No, { assertion, audience }: Assertion): string {
  const { iss, sub } = readClaims(assertion);
  return `${hint} Issuer: ${iss}. Subject: ${sub}. Audience: ${audience}. Upper and lower case count.`;
}
