import { MINUTE } from '../lib/clock.ts';
import { askRepositories } from './capabilities.ts';
import type { CapabilityAnswers } from './capabilities.ts';
import type { Challenge } from './challenge.ts';
import { logConnection, withoutConnecting } from './connection-stages.ts';
import { enterByBasic, enterByToken } from './enter.ts';
import type { Answer } from '../net/exchange.ts';
import type { Login } from './login.ts';
import { challengeOf, ping } from './ping.ts';
import { trustedRealm } from './realm.ts';
import { asRefusal } from './refusals.ts';
import { StageLog } from './stage-log.ts';
import { Refusal } from './stages.ts';
import type { RepositoryQuestion, Stage, Verdict, Warning } from './stages.ts';
import type { Wire } from './wire.ts';

/**
 * What shows that a login is real. `scopeless-token`: the token service gives a token without scopes to nobody else.
 * `ping`: `/v2/` refuses anybody and accepts this login. `identify`: the provider's own word.
 */
export type Proof = 'scopeless-token' | 'ping' | 'identify';

export interface ProbeOptions extends Wire {
  /** One of them is enough. */
  proof: Proof[];
  /** Makes the login; not called before it is known who will see it. Throws Refusal. */
  login: (signal: AbortSignal) => Promise<Login>;
  /** Asks the provider who this is. Throws Refusal. */
  identify?: (signal: AbortSignal) => Promise<{ provesNothing?: boolean } | undefined>;
  /** The provider's known token services, besides the registry's own origin. */
  isTrustedRealm: (realm: URL) => boolean;
  /** The token service that the credential names. */
  tokenRealm?: string;
  /** All that a token is asked for; default: `pull,push,delete`. */
  scopeActions?: string;
  /** At most 20. */
  repositories?: RepositoryQuestion[];
  /** Milliseconds for the whole check; a minute. */
  limit?: number;
}

export interface ProbeResult extends Partial<CapabilityAnswers> {
  verdict: Verdict;
  /** From `dns` to `access`. */
  stages: Stage[];
  warnings: Warning[];
  retryAfterSeconds?: number;
}

type Outcome = Pick<ProbeResult, 'verdict' | 'retryAfterSeconds'>;

const OPEN_TO_ALL: Warning = {
  code: 'OPEN_TO_ALL',
  detail: 'The registry asks nobody for a login, so this one was not sent and could not be proven.',
  hint: 'Check the address. If the registry is public, no login is needed to pull from it.',
};

const ANYBODY_ENTERS: Warning = {
  code: 'ANYBODY_ENTERS',
  detail: 'The registry lets anybody in the same way, so it could not be proven that the login is right.',
  hint: 'Name a private repository to see what the login may do there.',
};

/**
 * Tries a login against its registry, stage by stage. What can be asked as anybody is asked first; the login is sent once
 * to whoever decides on it, and a refusal is final, because accounts get locked. The result holds whatever the registry
 * and the network say. Throws the reason of an abort, and the errors of `login` and `identify` that are no Refusal.
 */
export async function probe(options: ProbeOptions): Promise<ProbeResult> {
  const deadline = AbortSignal.timeout(options.limit ?? MINUTE);
  const log = new StageLog();
  try {
    const found = await run({ ...options, signal: AbortSignal.any([options.signal, deadline]) }, log);
    options.signal.throwIfAborted();
    return { ...found, stages: log.finish() };
  } catch (error) {
    options.signal.throwIfAborted();
    // Each step says in its own way that our limit ended it.
    const { verdict, retryAfterSeconds }: Outcome = deadline.aborted ? { verdict: 'unreachable' } : asRefusal(error);
    return { verdict, stages: log.finish(), warnings: [], ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
  }
}

async function run(options: ProbeOptions, log: StageLog): Promise<Omit<ProbeResult, 'stages'>> {
  const challenge = await greet(options, log);
  const realm = challenge?.scheme === 'bearer' ? await log.run('realm', () => realmOf(challenge.realm, options)) : undefined;
  const canBeIdentified = options.identify !== undefined && options.proof.includes('identify');
  const known = challenge || canBeIdentified ? await identity(options, log) : undefined;
  const isProven = challenge && known ? await enter(options, { challenge, realm, ...known }, log) : known?.isIdentified === true;

  const { repositories = [] } = options;
  const login = known ? async () => known.login : options.login;
  const answers = repositories.length > 0 ? await askRepositories({ ...options, challenge, isProven, login }, repositories) : {};
  if (isProven) return { verdict: 'valid', warnings: [], ...answers };
  const warning = challenge ? ANYBODY_ENTERS : OPEN_TO_ALL;
  log.warn(challenge ? 'access' : 'ping', warning);
  return { verdict: 'indeterminate', warnings: [warning], ...answers };
}

/** Stages dns to challenge, as anybody. Undefined: the registry asks for no login. */
async function greet(wire: Wire, log: StageLog): Promise<Challenge | undefined> {
  const { session } = wire;
  const answer = await pingAsAnybody(wire).catch((error: unknown) => {
    logConnection(log, session, error);
    throw error;
  });
  logConnection(log, session);
  log.add('ping', 'ok', { milliseconds: withoutConnecting(session, answer.milliseconds) });
  return answer.status === 200 ? undefined : log.run('challenge', () => challengeOf(answer, session));
}

async function pingAsAnybody(wire: Wire): Promise<Answer> {
  const answer = await ping(wire);
  if (answer.status !== 403) return answer;
  throw new Refusal(
    'misconfigured',
    'FORBIDDEN_TO_ALL',
    'The registry refuses to say how to log in to it (403).',
    'Check the network rules of the registry, and of what stands in front of it.',
  );
}

/**
 * Without `identify` the stage only shows that there is a login to try. The provider's word comes first: it tells why a
 * login cannot be minted.
 */
async function identity(
  { login, identify, proof, signal }: ProbeOptions,
  log: StageLog,
): Promise<Pick<Entry, 'login' | 'isIdentified'>> {
  return log.run('identity', async () => {
    const identity = await identify?.(signal);
    const made = await login(signal);
    return { login: made, isIdentified: identity !== undefined && !identity.provesNothing && proof.includes('identify') };
  });
}

function realmOf(realm: string, { session, isTrustedRealm, tokenRealm }: ProbeOptions): URL {
  return trustedRealm(realm, { origin: session.origin, isTrustedRealm, tokenRealm });
}

interface Entry {
  challenge: Challenge;
  /** Of a Bearer challenge. */
  realm: URL | undefined;
  login: Login;
  isIdentified: boolean;
}

/** Stages token and access. Answers whether the login is proven: somebody vouches for it, or what it can do nobody else can. */
async function enter(options: ProbeOptions, { challenge, realm, login, isIdentified }: Entry, log: StageLog): Promise<boolean> {
  const { proof } = options;
  if (challenge.scheme === 'basic' || !realm) {
    await enterByBasic(options, login, log);
    return isIdentified || proof.includes('ping') || proof.includes('scopeless-token');
  }
  const isVouchedFor = isIdentified || proof.includes('scopeless-token');
  const entered = await enterByToken(options, { realm, service: challenge.service, login }, !isVouchedFor, log);
  return isVouchedFor || (proof.includes('ping') && entered === 'proven');
}
