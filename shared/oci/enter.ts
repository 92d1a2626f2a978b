import { Secret } from '../lib/secret.ts';
import type { Answer } from '../net/exchange.ts';
import { basicAuthorization } from './basic.ts';
import type { Login } from './login.ts';
import { ping } from './ping.ts';
import { loginRefused } from './refusals.ts';
import type { StageLog } from './stage-log.ts';
import { Refusal } from './stages.ts';
import { requestToken } from './token.ts';
import type { RegistryToken, TokenRequest } from './token.ts';
import type { Wire } from './wire.ts';

/** Stage access with HTTP Basic. Whoever asks without a login was refused before. Throws Refusal if this one is, too. */
export async function enterByBasic(wire: Wire, login: Login, log: StageLog): Promise<void> {
  await log.run('access', async () => {
    const answer = await ping(wire, basicAuthorization(login));
    if (answer.status !== 200) throw refusedEntry(answer, wire);
  });
}

/**
 * Stages token and access. With `compares`, answers whether anybody enters the same way, by a token that the service gives
 * to whoever asks. Throws Refusal if the login is refused by either.
 */
export async function enterByToken(
  wire: Wire,
  request: TokenRequest & { login: Login },
  compares: boolean,
  log: StageLog,
): Promise<'proven' | 'as anybody'> {
  const { anonymous, token } = await log.run('token', async () => ({
    anonymous: compares ? await anonymousToken(wire, request) : undefined,
    token: await requestToken(wire, request),
  }));
  return log.run('access', async () => {
    const anybody = anonymous && (await ping(wire, bearer(anonymous)));
    const answer = await ping(wire, bearer(token));
    if (answer.status === 401 && !anonymous) throw tokenNotBelieved(wire);
    if (answer.status !== 200) throw refusedEntry(answer, wire);
    return anybody?.status === 200 ? 'as anybody' : 'proven';
  });
}

export function bearer({ value }: RegistryToken): Secret {
  return new Secret(`Bearer ${value.reveal()}`);
}

/** What the token service gives to whoever asks, if it does. */
async function anonymousToken(wire: Wire, { realm, service }: TokenRequest): Promise<RegistryToken | undefined> {
  try {
    return await requestToken(wire, { realm, service });
  } catch (error) {
    const isDown = !(error instanceof Refusal) || error.verdict === 'unreachable' || error.verdict === 'rate_limited';
    if (isDown) throw error;
    return undefined;
  }
}

function refusedEntry(answer: Answer, { session }: Wire): Refusal {
  const { host } = new URL(session.origin);
  const refusal = loginRefused(answer, host);
  if (answer.status !== 403 || refusal.verdict === 'expired') return refusal;
  return new Refusal(
    'insufficient_permission',
    'ENTRY_FORBIDDEN',
    `${host} knows the login and refuses it entry (403).`,
    'Give the login a role on this registry.',
  );
}

/** The service has looked at the login, for it gives tokens to nobody else: so the login is not what is wrong. */
function tokenNotBelieved({ session }: Wire): Refusal {
  return new Refusal(
    'misconfigured',
    'TOKEN_NOT_BELIEVED',
    `${new URL(session.origin).host} refuses the token that its own token service gave.`,
    "Check the registry's issuer, its service name, its trusted keys and its clock.",
  );
}
