import { systemClock } from '../../shared/lib/clock.ts';
import { Secret } from '../../shared/lib/secret.ts';
import { guardedNetwork } from '../../shared/net/guarded.ts';
import type { GuardedLimits, SessionOptions } from '../../shared/net/guarded.ts';
import type { NetworkPolicy } from '../../shared/net/network-policy.ts';
import { asItIs } from '../../shared/oci/login.ts';
import { probe } from '../../shared/oci/probe.ts';
import type { ProbeOptions, ProbeResult } from '../../shared/oci/probe.ts';

export interface Probing extends Partial<Omit<ProbeOptions, 'session' | 'login'>> {
  username?: string;
  password?: string;
  login?: ProbeOptions['login'];
  session?: Partial<SessionOptions>;
  policy?: Partial<NetworkPolicy>;
  limits?: Partial<GuardedLimits>;
}

/** Probes a registry on loopback as a generic one, which proves by ping, unless told otherwise. */
export async function probing({ url }: { url: string }, options: Probing = {}): Promise<ProbeResult> {
  const { username = 'alice', password = 'right', session, policy, limits = {}, ...rest } = options;
  const { host, protocol } = new URL(url);
  const network = guardedNetwork(
    { inAzure: false, relaxed: { '127.0.0.1:*': ['plain-http', 'loopback'] }, ...policy },
    { limits },
  );
  const tls = protocol === 'http:' ? 'plain-http' : 'verify';
  await using opened = network.open({ host, tls, ...session });
  // Awaited here, so that the session outlives it.
  return await probe({
    proof: ['ping'],
    login: async () => asItIs(username, new Secret(password)),
    isTrustedRealm: () => false,
    clock: systemClock,
    signal: AbortSignal.timeout(20_000),
    ...rest,
    session: opened,
  });
}

/** `dns:ok connect:ok ping:failed(THROTTLED)`, without what was skipped. */
export function summary({ stages }: ProbeResult): string {
  return stages
    .filter(({ outcome }) => outcome !== 'skipped')
    .map(({ stage, outcome, code }) => `${stage}:${outcome}${outcome === 'ok' || !code ? '' : `(${code})`}`)
    .join(' ');
}
