import { NetError } from '../net/net-error.ts';
import type { GuardedSession } from '../net/guarded.ts';
import { asRefusal } from './refusals.ts';
import type { StageLog } from './stage-log.ts';
import type { Stage } from './stages.ts';

const PHASES = ['dns', 'connect', 'tls'] as const;

/** Notes how the connection to the registry came about, or which phase `error` ended; any other error ended the ping. */
export function logConnection(log: StageLog, session: GuardedSession, error?: unknown): void {
  const times = session.connectionTimes(session.origin);
  const broken = error === undefined ? undefined : brokenPhase(error);
  for (const phase of PHASES) {
    if (phase === broken) break;
    const milliseconds = times[phase];
    const timed = milliseconds === undefined ? {} : { milliseconds };
    if (phase === 'tls') log.add(phase, ...tlsOutcome(session.tls, timed));
    else log.add(phase, 'ok', timed);
  }
  if (broken) log.fail(broken, asRefusal(error), broken === 'ping' ? undefined : times[broken]);
}

/** Milliseconds of an answer without those that the connection took. */
export function withoutConnecting(session: GuardedSession, milliseconds: number): number {
  const { dns = 0, connect = 0, tls = 0 } = session.connectionTimes(session.origin);
  return Math.max(0, milliseconds - dns - connect - tls);
}

/** An address is refused where the name is resolved, or would have been. */
function brokenPhase(error: unknown): (typeof PHASES)[number] | 'ping' {
  const kind = error instanceof NetError ? error.kind : 'ping';
  if (kind === 'blocked') return 'dns';
  return PHASES.find((phase) => phase === kind) ?? 'ping';
}

function tlsOutcome(
  tls: GuardedSession['tls'],
  timed: Pick<Stage, 'milliseconds'>,
): [Stage['outcome'], Omit<Stage, 'stage' | 'outcome'>] {
  const hint = 'Give the registry a certificate, of an own authority if need be, and use tls "verify" or "custom-ca".';
  if (tls === 'plain-http') return ['warning', { code: 'PLAIN_HTTP', detail: 'The login travels unencrypted.', hint }];
  if (tls === 'skip-verify')
    return ['warning', { ...timed, code: 'NOT_VERIFIED', detail: 'Anybody on the way could pose as the registry.', hint }];
  return ['ok', timed];
}
