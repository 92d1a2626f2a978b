import { decodeJwt } from 'jose/jwt/decode';
import { z } from 'zod';
import { after, SECOND } from '../lib/clock.ts';
import { Secret } from '../lib/secret.ts';
import type { Answer } from '../net/exchange.ts';
import { basicAuthorization } from './basic.ts';
import type { Login } from './login.ts';
import { assertInService, assertNotHtml, loginRefused } from './refusals.ts';
import { Refusal } from './stages.ts';
import type { Wire } from './wire.ts';
import { parseJson } from '../lib/parse-json.ts';

/** Seconds that a token lives if the service does not say: https://distribution.github.io/distribution/spec/auth/token/ */
const DEFAULT_LIFE = 60;

/** Seconds: no token lives longer. Beyond what a Date can hold, its end could not even be written down. */
const LONGEST_LIFE = 10 * 365 * 24 * 3600;

export interface TokenRequest {
  /** A token service that may see the login: see `trustedRealm`. */
  realm: URL;
  service?: string | undefined;
  /** Such as `repository:team/app:pull`. None asks who we are and no more. */
  scopes?: string[];
  /** Absent: as anybody. */
  login?: Login;
}

/** What the service says that a token is good for. A hint: only the registry decides. */
export interface Access {
  type: string;
  name: string;
  actions: string[];
}

export interface RegistryToken {
  value: Secret;
  expiresAt: Date;
  /** Absent: the token is opaque, or does not say. */
  access?: Access[];
}

const TokenAnswer = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().positive().max(LONGEST_LIFE).optional().catch(undefined),
});

const TokenClaims = z.object({
  exp: z.number().optional().catch(undefined),
  access: z
    .array(z.object({ type: z.string(), name: z.string(), actions: z.array(z.string()).catch([]) }))
    .optional()
    .catch(undefined),
});

/**
 * Asks a token service for a token, by GET and HTTP Basic, which every one of them understands. A service grants what it
 * can of the scopes, so a token is no proof of a permission. Throws Refusal, or NetError.
 */
export async function requestToken({ session, clock, signal }: Wire, request: TokenRequest): Promise<RegistryToken> {
  const { realm, login } = request;
  const answer = await session.request(tokenUrl(request), {
    headers: { accept: 'application/json', ...(login && { authorization: basicAuthorization(login) }) },
    signal,
  });
  assertInService(answer, realm.host, clock);
  if (answer.status === 401 || answer.status === 403) throw loginRefused(answer, realm.host);
  assertNotHtml(answer, realm.host);
  return readToken(answer, realm.host, clock.now());
}

/** The query that the realm came with is kept. */
function tokenUrl({ realm, service, scopes = [], login }: TokenRequest): URL {
  const url = new URL(realm);
  if (service) url.searchParams.set('service', service);
  if (scopes.length > 0) url.searchParams.delete('scope');
  for (const scope of scopes) url.searchParams.append('scope', scope);
  url.searchParams.set('client_id', 'regcred');
  if (login) url.searchParams.set('account', login.username);
  return url;
}

/** The token in a token service's answer. Throws Refusal if there is none. */
export function readToken(answer: Answer, host: string, now: Date): RegistryToken {
  const fields = TokenAnswer.safeParse(parseJson(answer.body)).data;
  const value = fields?.token || fields?.access_token;
  if (answer.status !== 200 || !value) {
    throw new Refusal(
      'misconfigured',
      'NO_TOKEN',
      `${host} answered ${answer.status} without a token.`,
      "Check that the registry's realm is a token service.",
    );
  }
  const { exp, access } = readClaims(value);
  const life = fields?.expires_in ?? lifeUntil(exp, now) ?? DEFAULT_LIFE;
  return { value: new Secret(value), expiresAt: after(now, life * SECOND), ...(access && { access }) };
}

function lifeUntil(exp: number | undefined, now: Date): number | undefined {
  const life = exp === undefined ? undefined : exp - now.getTime() / SECOND;
  return life !== undefined && Math.abs(life) <= LONGEST_LIFE ? life : undefined;
}

/** Unverified, for hints. Tokens may be opaque, or hold the login itself. */
function readClaims(token: string): z.infer<typeof TokenClaims> {
  try {
    return TokenClaims.parse(decodeJwt(token));
  } catch {
    return {};
  }
}
