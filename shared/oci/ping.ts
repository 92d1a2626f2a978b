import type { Secret } from '../lib/secret.ts';
import type { Answer } from '../net/exchange.ts';
import type { GuardedSession } from '../net/guarded.ts';
import { ChallengeError, chooseChallenge, parseChallenges } from './challenge.ts';
import type { Challenge } from './challenge.ts';
import { assertInService, assertNotHtml } from './refusals.ts';
import { Refusal } from './stages.ts';
import type { Wire } from './wire.ts';

/**
 * Asks `GET /v2/`, which every registry answers: 200 to whom it lets in, 401 to whom it does not know, 403 to whom it knows
 * and still refuses. Throws Refusal for any other answer, and NetError.
 *
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#determining-support
 */
export async function ping(
  { session, clock, signal }: Wire,
  authorization?: Secret,
): Promise<Answer & { status: 200 | 401 | 403 }> {
  const url = new URL('/v2/', session.origin);
  const answer = await session.request(url, { signal, headers: { ...(authorization && { authorization }) } });
  assertInService(answer, url.host, clock);
  const { status } = answer;
  if (status === 401 || status === 403) return { ...answer, status };
  if (status === 200) {
    assertNotHtml(answer, url.host);
    return { ...answer, status };
  }
  if (status === 404) {
    throw new Refusal(
      'misconfigured',
      'NO_V2_API',
      `${url.host} has no registry at /v2/.`,
      'Check host and port. A registry that stands below a path needs a host name of its own.',
    );
  }
  throw new Refusal(
    'misconfigured',
    'UNEXPECTED_STATUS',
    `${url.host} answered ${status} at /v2/.`,
    'Check that the address is that of a registry.',
  );
}

/** How the registry wants to be logged in to, from an answer of 401. Throws Refusal. */
export function challengeOf({ headers }: Answer, session: GuardedSession): Challenge {
  const { host } = new URL(session.origin);
  const hint = 'Check the authentication settings of the registry, and of what stands in front of it.';
  const header = headers.get('www-authenticate');
  if (!header) throw new Refusal('misconfigured', 'NO_CHALLENGE', `${host} asks for a login without saying which kind.`, hint);
  try {
    const challenge = chooseChallenge(parseChallenges(header));
    if (challenge) return challenge;
  } catch (error) {
    if (!(error instanceof ChallengeError)) throw error;
    throw new Refusal('misconfigured', 'BAD_CHALLENGE', error.message, hint, { cause: error });
  }
  throw new Refusal('misconfigured', 'UNKNOWN_CHALLENGE', `${host} takes neither Basic nor Bearer logins.`, hint);
}
