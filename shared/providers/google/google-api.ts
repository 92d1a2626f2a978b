import { z } from 'zod';
import { Secret } from '../../lib/secret.ts';
import type { Answer } from '../../net/exchange.ts';
import type { Login } from '../../oci/login.ts';
import { assertInService, assertNotHtml } from '../../oci/refusals.ts';
import { Refusal } from '../../oci/stages.ts';
import type { MethodContext } from '../provider.ts';
import { readAnswer } from '../read-answer.ts';

export type GoogleContext = Pick<MethodContext, 'http' | 'clock' | 'signal'>;

/** What a registry wants of an access token: https://cloud.google.com/artifact-registry/docs/docker/authentication#token */
export const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

/** Posts a form, or a document as `bearer`. Throws Refusal for an answer that any service may give instead of its own, and NetError. */
export async function postToGoogle(
  { http, clock, signal }: GoogleContext,
  url: string,
  body: URLSearchParams | { bearer: Secret; document: object },
): Promise<Answer> {
  const isForm = body instanceof URLSearchParams;
  const answer = await http.request(url, {
    method: 'POST',
    headers: {
      'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
      accept: 'application/json',
      ...(!isForm && { authorization: new Secret(`Bearer ${body.bearer.reveal()}`) }),
    },
    body: new Secret(isForm ? body.toString() : JSON.stringify(body.document)),
    signal,
  });
  const { host } = new URL(url);
  assertInService(answer, host, clock);
  assertNotHtml(answer, host);
  return answer;
}

/** An access token as registries take it. */
export function accessTokenLogin(token: string, expiresAt: Date): Login {
  return { username: 'oauth2accesstoken', password: new Secret(token), expiresAt, scope: 'unrestricted' };
}

/** https://cloud.google.com/apis/design/errors#error_model */
const Failure = z.object({
  error: z.object({
    message: z.string().catch(''),
    details: z.array(z.looseObject({ reason: z.string().optional() })).catch([]),
  }),
});

/** Undefined: the answer does not say that the API is off. */
export function apiDisabled(url: string, answer: Answer): Refusal | undefined {
  const { message = '', details = [] } = readAnswer(Failure, answer)?.error ?? {};
  const isOff = details.some(({ reason }) => reason === 'SERVICE_DISABLED') || /has not been used in project/i.test(message);
  if (answer.status !== 403 || !isOff) return undefined;
  const { host } = new URL(url);
  return new Refusal(
    'misconfigured',
    'API_DISABLED',
    `The API ${host} is switched off in the project of the workload identity pool.`,
    `Enable ${host} there.`,
  );
}

export function accountNotFound(): Refusal {
  return new Refusal(
    'invalid_credentials',
    'ACCOUNT_NOT_FOUND',
    'Google knows no service account of this name, or it is disabled.',
    'Look it up in the project; a deleted account can be restored for 30 days.',
  );
}

export function notAsItShould(url: string, { status }: Answer): Refusal {
  return new Refusal(
    'misconfigured',
    'GOOGLE_ANSWER',
    `${new URL(url).host} answered ${status}, and not as it should.`,
    'Try again; if it stays, see the status page of Google Cloud.',
  );
}
