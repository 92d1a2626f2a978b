import { AppError, type ErrorDetails } from '../lib/errors.ts';
import type { GuardedSession } from '../net/guarded.ts';
import { BlockedError } from '../net/net-error.ts';
import { probe, type ProbeResult } from '../oci/probe.ts';
import { STAGES, type Capability, type RepositoryQuestion, type Stage, type Verdict, type Warning } from '../oci/stages.ts';
import type { Identity } from '../providers/provider.ts';
import type { App } from './app.ts';
import { methodContext } from './method-context.ts';
import { loginOf, targetOf, type Subject } from './subject.ts';
import { requireUpstreams } from './upstreams.ts';

/** Milliseconds after which a provider's own questions end, too; the probe has a limit of its own. */
const LIMIT = 65_000;

export interface CheckResult extends ProbeResult {
  identity?: Identity;
}

/**
 * One live, staged test of a login against its registry. "No" and "down" are verdicts, not errors; only an address that
 * the network guard refuses throws, always: ADDRESS_BLOCKED or PLAIN_HTTP_NOT_ALLOWED.
 */
export async function check(app: App, subject: Subject, repositories: RepositoryQuestion[] = []): Promise<CheckResult> {
  requireAllowedAddress(app, subject);
  if (!subject.method.login) return nothingToTry(subject);
  const session = app.network.open(targetOf(subject));
  try {
    return await tryLogin(app, subject, session, repositories);
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

async function tryLogin(
  app: App,
  subject: Subject,
  session: GuardedSession,
  repositories: RepositoryQuestion[],
): Promise<CheckResult> {
  const { provider, method, registry, settings, tokenRealm } = subject;
  const contextWith = (signal: AbortSignal) => methodContext(app, subject, { session: () => session, signal });
  let identity: Identity | undefined;
  const result = await probe({
    session,
    proof: provider.proof,
    login: (signal) => loginOf(method, contextWith(signal)),
    ...(method.identify && {
      identify: async (signal: AbortSignal) => (identity = await method.identify?.(contextWith(signal))),
    }),
    isTrustedRealm: (realm) => provider.trustsRealm(registry, realm, settings),
    ...(tokenRealm && { tokenRealm }),
    ...(provider.scopeActions && { scopeActions: provider.scopeActions }),
    repositories,
    clock: app.clock,
    signal: AbortSignal.timeout(LIMIT),
  });
  throwIfBlocked(result.verdict, result.stages);
  return {
    ...result,
    stages: [{ stage: 'input', outcome: 'ok' }, ...result.stages.map((stage) => withHint(stage, method))],
    ...(result.capabilities && { capabilities: result.capabilities.map((capability) => withRights(capability, identity)) }),
    warnings: [...warningsOf(subject), ...(method.warnings?.(settings) ?? []), ...result.warnings, ...(identity?.warnings ?? [])],
    ...(identity && { identity }),
  };
}

/** The method knows better what may be wrong where the registry alone said no. */
function withHint(stage: Stage, { refusedHint }: Subject['method']): Stage {
  return stage.code === 'LOGIN_REFUSED' && refusedHint ? { ...stage, hint: refusedHint } : stage;
}

/** Only where something is refused: what is not known may be about anything. */
function withRights(capability: Capability, identity: Identity | undefined): Capability {
  const { reason, pull, push, delete: remove } = capability;
  const isRefused = [pull, push, remove].includes('no');
  return isRefused && identity?.rightsHint
    ? { ...capability, reason: [reason, identity.rightsHint].filter(Boolean).join(' ') }
    : capability;
}

/** Whoever uses such a registry logs in by itself: the registry is not asked, because there is nothing to ask it with. */
function nothingToTry(subject: Subject): CheckResult {
  const warning: Warning = {
    code: 'NOTHING_TO_CHECK',
    detail: 'This method stores no login, so there is none to try.',
    hint: 'Whether it works shows where it is used.',
  };
  const stages = STAGES.map((stage): Stage => ({ stage, outcome: stage === 'input' ? 'ok' : 'skipped' }));
  return { verdict: 'indeterminate', stages, warnings: [...warningsOf(subject), warning] };
}

/** What the policy says of an address, and of what regcred itself touches, without the network. Throws ADDRESS_BLOCKED or PLAIN_HTTP_NOT_ALLOWED. */
export function requireAllowedAddress(app: App, subject: Subject): void {
  requireUpstreams(subject);
  try {
    app.network.inspect(targetOf(subject));
  } catch (error) {
    if (error instanceof BlockedError) throw blocked(error.code, error.message, error.hint);
    throw error;
  }
}

/** The error that a create or a change answers with; undefined if the verdict lets it be stored. */
export function refusalOf({ verdict, stages, retryAfterSeconds }: CheckResult): AppError | undefined {
  const failed = stages.find(({ outcome }) => outcome === 'failed');
  const hint = failed?.hint;
  return errorOfVerdict(verdict, failed?.detail ?? 'The check failed.', { hint, extra: { verdict, stages }, retryAfterSeconds });
}

/** What a verdict is as an error of the API; undefined for those that refuse nothing. */
export function errorOfVerdict(verdict: Verdict, detail: string, details: ErrorDetails): AppError | undefined {
  switch (verdict) {
    case 'valid':
    case 'indeterminate':
      return undefined;
    case 'invalid_credentials':
    case 'expired':
    case 'insufficient_permission':
      return new AppError('CREDENTIAL_REJECTED', detail, details);
    case 'blocked_by_policy':
      return new AppError('ADDRESS_BLOCKED', detail, details);
    case 'misconfigured':
      return new AppError('REGISTRY_MISCONFIGURED', detail, details);
    case 'unreachable':
      return new AppError('REGISTRY_UNREACHABLE', detail, details);
    case 'rate_limited':
      return new AppError('REGISTRY_THROTTLED', detail, { ...details, retryAfterSeconds: details.retryAfterSeconds ?? 60 });
  }
}

/** A realm elsewhere is a verdict, with its stage; an address that the guard refuses is an error of the request. */
function throwIfBlocked(verdict: Verdict, stages: Stage[]): void {
  const failed = stages.find(({ outcome }) => outcome === 'failed');
  if (verdict !== 'blocked_by_policy' || !failed || failed.stage === 'realm') return;
  throw blocked(failed.code ?? 'BLOCKED', failed.detail ?? 'The address may not be used.', failed.hint, { verdict, stages });
}

function blocked(code: string, detail: string, hint: string | undefined, extra: Record<string, unknown> = {}): AppError {
  const appCode = code === 'PLAIN_HTTP_NOT_ALLOWED' ? code : 'ADDRESS_BLOCKED';
  return new AppError(appCode, detail, {
    ...(hint && { hint }),
    errors: [{ pointer: '/url', code, detail, ...(hint && { hint }) }],
    extra,
  });
}

function warningsOf({ tls }: Subject): Warning[] {
  const warnings: Warning[] = [];
  if (tls === 'skip-verify') {
    warnings.push({
      code: 'TLS_NOT_VERIFIED',
      detail: "The registry's certificate is not verified: whoever stands in between can read the login.",
      hint: 'Give the PEM of the authority as ca instead.',
    });
  }
  if (tls === 'plain-http') {
    warnings.push({
      code: 'PLAIN_HTTP',
      detail: 'The login crosses the network unencrypted.',
      hint: 'Let the registry serve https.',
    });
  }
  return warnings;
}
