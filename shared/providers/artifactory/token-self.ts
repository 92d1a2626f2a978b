import { z } from 'zod';
import { SECOND } from '../../lib/clock.ts';
import { Secret } from '../../lib/secret.ts';
import { asRefusal, assertInService } from '../../oci/refusals.ts';
import type { Warning } from '../../oci/stages.ts';
import type { MethodContext } from '../provider.ts';
import { readAnswer } from '../read-answer.ts';

type ArtifactoryContext = Pick<MethodContext, 'http' | 'clock' | 'signal'>;

const TokenSelf = z.object({
  token_id: z.string().min(1),
  /** Seconds since 1970. Absent: it never ends. */
  expiry: z.number().positive().nullish(),
  scope: z.string().catch(''),
});

/** A token, as the platform knows it. */
interface KnownToken {
  id: string;
  /** Absent: never. */
  expiresAt?: Date;
  isAdmin: boolean;
}

/** Above this, a number is milliseconds, which some versions answer: as seconds it would be the year 5138. */
const MOST_SECONDS = 1e11;

const API_DOWN: Warning = {
  code: 'ARTIFACTORY_API_DOWN',
  detail: 'The API of Artifactory could not be asked about the token.',
  hint: 'Check it again later.',
};

const API_ELSEWHERE: Warning = {
  code: 'ARTIFACTORY_URL_MISSING',
  detail: 'The API of Artifactory does not answer at the address of the registry, so it was not asked about the token.',
  hint: 'Give the address of Artifactory itself as artifactoryUrl.',
};

const TOO_OLD: Warning = {
  code: 'ARTIFACTORY_TOO_OLD',
  detail: 'This version of Artifactory tells nobody about a token.',
  hint: 'If the token has an end, give that as expiresAt.',
};

/**
 * What the platform says of a token; a Warning where it says nothing. A refusal is not the last word: what stands in front
 * of a registry may want another login for its API.
 *
 * https://jfrog.com/help/r/jfrog-rest-apis/get-token-by-id
 */
export async function readToken(context: ArtifactoryContext, site: string, token: Secret): Promise<KnownToken | Warning> {
  const authorization = new Secret(`Bearer ${token.reveal()}`);
  try {
    const answer = await get(context, `${site}/access/api/v1/tokens/me`, { authorization, accept: 'application/json' });
    if (answer.status === 404) return (await isArtifactory(context, site)) ? TOO_OLD : API_ELSEWHERE;
    const known = answer.status === 200 ? readAnswer(TokenSelf, answer) : undefined;
    return known ? tokenOf(known) : API_DOWN;
  } catch (error) {
    asRefusal(error);
    return API_DOWN;
  }
}

/** Answers `OK` to anybody: https://jfrog.com/help/r/jfrog-rest-apis/system-health-ping */
async function isArtifactory(context: ArtifactoryContext, site: string): Promise<boolean> {
  const { status, body } = await get(context, `${site}/artifactory/api/system/ping`, {});
  return status === 200 && body.trim() === 'OK';
}

async function get({ http, clock, signal }: ArtifactoryContext, url: string, headers: Record<string, string | Secret>) {
  const answer = await http.request(url, { headers, signal });
  assertInService(answer, new URL(url).host, clock);
  return answer;
}

/** Scopes: https://jfrog.com/help/r/jfrog-rest-apis/create-token */
function tokenOf({ token_id, expiry, scope }: z.output<typeof TokenSelf>): KnownToken {
  return {
    id: token_id,
    isAdmin: scope.split(/[\s,]+/).includes('applied-permissions/admin'),
    ...(expiry && { expiresAt: new Date(expiry > MOST_SECONDS ? expiry : expiry * SECOND) }),
  };
}
