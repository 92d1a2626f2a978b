import { SECOND } from '../../lib/clock.ts';
import type { Clock } from '../../lib/clock.ts';
import { Secret } from '../../lib/secret.ts';
import type { Answer } from '../../net/exchange.ts';
import { assertInService } from '../../oci/refusals.ts';
import { Refusal } from '../../oci/stages.ts';
import type { MethodContext } from '../provider.ts';

export type GitHubContext = Pick<MethodContext, 'http' | 'clock' | 'signal'>;

export interface GitHubQuestion {
  /** Where the API is: see `gitHubApi`. */
  api: string;
  path: string;
  token: Secret;
  /** Absent: GET. */
  body?: object;
}

/**
 * Asks GitHub's API. The answer may be a refusal of the token. Throws Refusal for an API that is down or throttles, and for
 * a token that single sign-on does not let in; NetError.
 *
 * https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api
 */
export async function askGitHub({ http, clock, signal }: GitHubContext, question: GitHubQuestion): Promise<Answer> {
  const { api, path, token, body } = question;
  const answer = await http.request(`${api}${path}`, {
    headers: {
      accept: 'application/vnd.github+json',
      authorization: new Secret(`Bearer ${token.reveal()}`),
      'x-github-api-version': '2022-11-28',
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    signal,
  });
  const { host } = new URL(api);
  assertInService(answer, host, clock);
  assertNotThrottled(answer, host, clock);
  assertSignedOn(answer);
  return answer;
}

/** An answer of an API that is not what its documentation says. */
export function unreadable({ status }: Answer): Refusal {
  return new Refusal(
    'misconfigured',
    'GITHUB_API_UNREADABLE',
    `GitHub's API answered ${status}, and not as it should.`,
    'Try again; if it stays, see the status page of GitHub.',
  );
}

/** GitHub also says "slow down" by a 403. https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
function assertNotThrottled({ status, headers }: Answer, host: string, clock: Clock): void {
  const isSpent = headers.get('x-ratelimit-remaining') === '0';
  if (status !== 403 || (!isSpent && !headers.has('retry-after'))) return;
  const wait = headers.get('retry-after') ?? Number(headers.get('x-ratelimit-reset')) - clock.now().getTime() / SECOND;
  const seconds = Math.ceil(Number(wait));
  throw new Refusal('rate_limited', 'THROTTLED', `${host} asks to slow down.`, 'Try again later.', {
    ...(seconds > 0 && { retryAfterSeconds: seconds }),
  });
}

/** https://docs.github.com/rest/authentication/authenticating-to-the-rest-api#personal-access-tokens-and-saml-sso */
function assertSignedOn({ status, headers }: Answer): void {
  if (status !== 403 || !headers.get('x-github-sso')?.startsWith('required')) return;
  throw new Refusal(
    'insufficient_permission',
    'SSO_NOT_APPROVED',
    'The organization wants single sign-on, and the token is not approved for it.',
    'GitHub > Settings > Developer settings > Personal access tokens > Configure SSO: authorize it for the organization.',
  );
}
