import { z } from 'zod';
import type { Secret } from '../../lib/secret.ts';
import type { Answer } from '../../net/exchange.ts';
import type { Login } from '../../oci/login.ts';
import { Refusal } from '../../oci/stages.ts';
import { readAnswer } from '../read-answer.ts';
import {
  accessTokenLogin,
  accountNotFound,
  apiDisabled,
  notAsItShould,
  postToGoogle,
  SCOPE,
  type GoogleContext,
} from './google-api.ts';

/** An hour: the longest that no organization policy has to allow. */
const LIFETIME = '3600s';

const Generated = z.object({ accessToken: z.string().min(1), expireTime: z.coerce.date() });

export interface Impersonation {
  /** Of the IAM Service Account Credentials API. */
  url: string;
  serviceAccount: string;
  /** Who asks, as IAM's bindings name it. */
  principal: string;
}

/**
 * A login as a service account, for who may be it. Throws Refusal and NetError.
 *
 * https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
 */
export async function impersonate(context: GoogleContext, to: Impersonation, bearer: Secret): Promise<Login> {
  const url = `${to.url}/v1/projects/-/serviceAccounts/${to.serviceAccount}:generateAccessToken`;
  const answer = await postToGoogle(context, url, { bearer, document: { scope: [SCOPE], lifetime: LIFETIME } });
  const generated = answer.status === 200 ? readAnswer(Generated, answer) : undefined;
  if (generated) return accessTokenLogin(generated.accessToken, generated.expireTime);
  throw apiDisabled(url, answer) ?? refused(answer, to) ?? notAsItShould(url, answer);
}

function refused({ status }: Answer, { serviceAccount, principal }: Impersonation): Refusal | undefined {
  if (status === 404) return accountNotFound();
  if (status !== 403) return undefined;
  return new Refusal(
    'insufficient_permission',
    'ACCOUNT_NOT_GRANTED',
    'This service may not be the service account, or there is no such account.',
    `On ${serviceAccount}, grant the role Workload Identity User (roles/iam.workloadIdentityUser) to ${principal}`,
  );
}
