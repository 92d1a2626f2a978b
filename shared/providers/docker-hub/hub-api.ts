import { z } from 'zod';
import { Secret } from '../../lib/secret.ts';
import type { Login } from '../../oci/login.ts';
import { assertInService, loginRefused } from '../../oci/refusals.ts';
import { Refusal } from '../../oci/stages.ts';
import type { MethodContext } from '../provider.ts';
import { readAnswer } from '../read-answer.ts';

export type HubContext = Pick<MethodContext, 'http' | 'clock' | 'signal'>;

const HUB = 'https://hub.docker.com';

/** Tokens on one page of a list: more than people have. */
const PAGE_SIZE = 100;

const Session = z.object({ access_token: z.string().min(1) });

/** A token as its owner sees it, without its value. */
export interface ListedToken {
  id: string;
  isActive: boolean;
  /** Absent: never. */
  expiresAt?: Date;
  scopes: string[];
}

const TokenList = z.object({
  next: z.string().nullish(),
  results: z.array(
    z.object({
      uuid: z.string(),
      is_active: z.boolean().default(true),
      expires_at: z.coerce.date().nullish(),
      scopes: z.array(z.string()).nullish(),
    }),
  ),
});

/**
 * Signs in to the API of Docker Hub, for ten minutes. Throws Refusal `invalid_credentials` for a login that it refuses;
 * other Refusals and NetError say nothing of the login.
 *
 * https://docs.docker.com/reference/api/hub/latest/operations/AuthCreateAccessToken/
 */
export async function signInToHub({ http, clock, signal }: HubContext, { username, password }: Login): Promise<Secret> {
  const answer = await http.request(`${HUB}/v2/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: new Secret(JSON.stringify({ identifier: username, secret: password.reveal() })),
    signal,
  });
  assertInService(answer, 'hub.docker.com', clock);
  if (answer.status === 401) throw loginRefused(answer, 'Docker Hub');
  const session = readAnswer(Session, answer);
  if (!session) throw unreadable(answer.status);
  return new Secret(`Bearer ${session.access_token}`);
}

/**
 * The tokens of whoever is signed in; undefined for whom Docker Hub does not show them to, or where there is more than one
 * page. Throws Refusal and NetError, which say nothing of the login.
 *
 * https://docs.docker.com/reference/api/hub/latest/operations/getV2AccessTokens/
 */
export async function listHubTokens({ http, clock, signal }: HubContext, session: Secret): Promise<ListedToken[] | undefined> {
  const answer = await http.request(`${HUB}/v2/access-tokens?page_size=${PAGE_SIZE}`, {
    headers: { authorization: session, accept: 'application/json' },
    signal,
  });
  assertInService(answer, 'hub.docker.com', clock);
  if (answer.status === 401 || answer.status === 403) return undefined;
  const list = readAnswer(TokenList, answer);
  if (!list) throw unreadable(answer.status);
  if (list.next) return undefined;
  return list.results.map(({ uuid, is_active, expires_at, scopes }) => ({
    id: uuid,
    isActive: is_active,
    scopes: scopes ?? [],
    ...(expires_at && { expiresAt: expires_at }),
  }));
}

function unreadable(status: number): Refusal {
  return new Refusal(
    'misconfigured',
    'HUB_API_UNREADABLE',
    `The API of Docker Hub answered ${status}, and not as it should.`,
    'Try again; if it stays, see the status page of Docker.',
  );
}
