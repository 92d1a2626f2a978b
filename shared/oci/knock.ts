import type { Secret } from '../lib/secret.ts';
import type { Answer, RequestOptions } from '../net/exchange.ts';
import { basicAuthorization } from './basic.ts';
import type { Challenge } from './challenge.ts';
import { bearer } from './enter.ts';
import type { Login } from './login.ts';
import { challengeOf } from './ping.ts';
import { trustedRealm } from './realm.ts';
import type { RealmRules } from './realm.ts';
import { assertInService, loginRefused } from './refusals.ts';
import { Refusal } from './stages.ts';
import { requestToken } from './token.ts';
import type { Access } from './token.ts';
import type { Wire } from './wire.ts';

export interface KnockOptions extends Wire, Omit<RealmRules, 'origin'> {
  /** Of `/v2/`; absent: it lets anybody in, but a repository may still ask for a login. */
  challenge: Challenge | undefined;
  /** False: a refusal may mean the login itself, which is then not tried again. */
  isProven: boolean;
  login: (signal: AbortSignal) => Promise<Login>;
  /** All that a token is asked for; default: `pull,push,delete`. `*` means delete, too. */
  scopeActions?: string;
}

export interface Knocked {
  /** 403, too, if the token service refused a login that is proven: it may not do this here. */
  status: number;
  answer?: Answer;
  /** Absent: as anybody. */
  authorization?: Secret;
  /** What the token says it is good for, if it says so. */
  access?: Access[];
  challenge?: Challenge;
}

/**
 * Sends a request with a login made ready for `scope`; first as anybody where it is not known yet whether a login is
 * wanted. Throws Refusal where nothing more should be tried, and NetError.
 */
export async function knock(options: KnockOptions, scope: string, path: string, request: RequestOptions = {}): Promise<Knocked> {
  const { session, clock, signal, isProven } = options;
  const { host } = new URL(session.origin);
  const send = async (headers: RequestOptions['headers']) => {
    const answer = await session.request(new URL(path, session.origin), { ...request, headers: { ...headers }, signal });
    assertInService(answer, host, clock);
    return answer;
  };

  let { challenge } = options;
  if (!challenge) {
    const answer = await send({});
    if (answer.status !== 401) return { status: answer.status, answer };
    challenge = challengeOf(answer, session);
  }
  const authorized = await authorize(options, challenge, scope);
  if (!authorized) return { status: 403, challenge };
  const answer = await send({ authorization: authorized.authorization });
  if (answer.status === 401 && !isProven) throw loginRefused(answer, host);
  return { status: answer.status, answer, challenge, ...authorized };
}

/** The login as the challenge wants it; undefined if the token service refuses it for this scope alone. */
export async function authorize(
  options: KnockOptions,
  challenge: Challenge,
  scope: string,
): Promise<{ authorization: Secret; access?: Access[] } | undefined> {
  const { session, signal, isProven } = options;
  if (challenge.scheme === 'basic') return { authorization: basicAuthorization(await options.login(signal)) };
  const realm = trustedRealm(challenge.realm, { ...options, origin: session.origin });
  try {
    const token = await requestToken(options, {
      realm,
      service: challenge.service,
      scopes: [scope],
      login: await options.login(signal),
    });
    return { authorization: bearer(token), ...(token.access && { access: token.access }) };
  } catch (error) {
    if (isProven && error instanceof Refusal && error.verdict === 'invalid_credentials') return undefined;
    throw error;
  }
}
