import { z } from 'zod';
import type { Secret } from '../../lib/secret.ts';
import type { Answer } from '../../net/exchange.ts';
import { asRefusal, assertInService } from '../../oci/refusals.ts';
import { Refusal } from '../../oci/stages.ts';
import type { Warning } from '../../oci/stages.ts';
import { expiryWarnings } from '../expiry.ts';
import type { Identity, MethodContext } from '../provider.ts';
import { readAnswer } from '../read-answer.ts';

type GitlabContext = Pick<MethodContext, 'http' | 'clock' | 'signal'>;

const TokenSelf = z.object({
  id: z.number().int(),
  scopes: z.array(z.string()).catch([]),
  expires_at: z.iso.date().nullish(),
});
type TokenSelf = z.output<typeof TokenSelf>;

const ErrorAnswer = z.object({ error_description: z.string() });

/** Each of them opens the registry: https://docs.gitlab.com/user/profile/personal_access_tokens/#personal-access-token-scopes */
const OPENING_SCOPES = new Set(['read_registry', 'write_registry', 'read_api', 'api']);

/** What a login to the registry may need. */
const NARROW_SCOPES = new Set(['read_registry', 'write_registry', 'self_rotate']);

const CANNOT_TELL: Warning = {
  code: 'EXPIRY_UNKNOWN',
  detail: 'GitLab does not tell this token when it ends, nor what else it may do.',
  hint: 'If it has an end, give that as expiresAt.',
};

const API_DOWN: Warning = {
  code: 'GITLAB_API_DOWN',
  detail: 'The API of GitLab could not be asked, so it is not known when the token ends.',
  hint: 'Check it again later.',
};

/**
 * What GitLab says of an access token. Throws Refusal for a token that is clearly of no use: expired, revoked, without a
 * scope for the registry and, if `isAccessToken`, unknown. All else the registry has to say.
 *
 * https://docs.gitlab.com/api/personal_access_tokens/#get-details-on-a-personal-access-token
 */
export async function identifyAtGitlab(
  context: GitlabContext,
  site: string,
  { token, isAccessToken }: { token: Secret; isAccessToken: boolean },
): Promise<Identity> {
  const answer = await ask(context, site, token);
  if (!answer) return { provesNothing: true, warnings: [API_DOWN] };
  const self = answer.status === 200 ? readAnswer(TokenSelf, answer) : undefined;
  if (self) return identityOf(self, context, site);
  if (answer.status === 401) assertNotRefused(answer, site, isAccessToken);
  const isNoAnswer = answer.status !== 401 && answer.status !== 403;
  return { provesNothing: true, warnings: [isNoAnswer ? API_DOWN : CANNOT_TELL] };
}

/** Undefined: it cannot be asked. */
async function ask({ http, clock, signal }: GitlabContext, site: string, token: Secret): Promise<Answer | undefined> {
  try {
    const answer = await http.request(`${site}/api/v4/personal_access_tokens/self`, {
      headers: { 'private-token': token, accept: 'application/json' },
      signal,
    });
    assertInService(answer, new URL(site).host, clock);
    return answer;
  } catch (error) {
    asRefusal(error);
    return undefined;
  }
}

function identityOf({ id, scopes, expires_at }: TokenSelf, { clock }: GitlabContext, site: string): Identity {
  if (!scopes.some((scope) => OPENING_SCOPES.has(scope))) {
    throw new Refusal(
      'insufficient_permission',
      'GITLAB_MISSING_SCOPE',
      `${new URL(site).host} knows the token, and it has no scope for the registry.`,
      'Create a token with the scope read_registry, and write_registry to push.',
    );
  }
  // It ends at midnight UTC as that day begins: https://docs.gitlab.com/user/profile/personal_access_tokens/
  const expiresAt = expires_at ? new Date(`${expires_at}T00:00:00Z`) : undefined;
  return {
    upstreamId: String(id),
    ...(expiresAt && { expiresAt }),
    warnings: [...expiryWarnings(expiresAt, clock), ...scopeWarnings(scopes)],
  };
}

function scopeWarnings(scopes: string[]): Warning[] {
  if (scopes.every((scope) => NARROW_SCOPES.has(scope))) return [];
  return [
    {
      code: 'BROAD_SCOPES',
      detail: 'The token may do more than the registry needs.',
      hint: 'To pull, read_registry is enough; to push, write_registry beside it.',
    },
  ];
}

function assertNotRefused(answer: Answer, site: string, isAccessToken: boolean): void {
  const { host } = new URL(site);
  const said = readAnswer(ErrorAnswer, answer)?.error_description ?? '';
  if (/\bexpired\b/i.test(said)) {
    throw new Refusal(
      'expired',
      'GITLAB_TOKEN_EXPIRED',
      `${host} says that the token has expired.`,
      'Create a new token and give it here.',
    );
  }
  if (/\brevoked\b/i.test(said)) {
    throw new Refusal(
      'invalid_credentials',
      'GITLAB_TOKEN_REVOKED',
      `${host} says that the token was revoked.`,
      'Create a new token and give it here.',
    );
  }
  if (!isAccessToken) return;
  throw new Refusal(
    'invalid_credentials',
    'GITLAB_TOKEN_UNKNOWN',
    `${host} does not know the token.`,
    'Paste it again. It may also have been revoked, or belong to another GitLab: then give gitlabUrl.',
  );
}
