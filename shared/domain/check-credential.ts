import { z } from 'zod';
import { parseInput } from '../lib/parse-input.ts';
import type { Capability, RepositoryQuestion } from '../oci/stages.ts';
import type { Identity } from '../providers/provider.ts';
import { projectOf, type App } from './app.ts';
import { CHECKS_STOPPED, noteAnswer } from './breaker.ts';
import { actor, requireGrant, type Actor, type Caller } from './caller.ts';
import { countCheck } from './check-limit.ts';
import { check, type CheckResult } from './check.ts';
import type { Credential } from './credential.ts';
import { readCheckInput } from './credential-input.ts';
import { againIfStale, openOrNote } from './missing-secret.ts';
import type { Project } from './policy.ts';
import { planReminder } from './plan.ts';
import { findLiveCredential, type Address } from './read-credential.ts';
import { standingAfter, type Standing, type Status, withLearned } from './status.ts';
import { subjectOfCredential, subjectOfInput } from './subject.ts';
import { changeStatus, type StatusChange } from './change-status.ts';
import { RepositoryName } from './login-format.ts';

/** Repositories to ask about; only those that are named, because a question to one that does not exist can make it. */
const Repositories = z
  .array(
    z.strictObject({
      name: RepositoryName,
      actions: z
        .array(z.enum(['pull', 'push', 'delete']))
        .min(1)
        .max(3)
        .default(['pull']),
    }),
  )
  .max(20)
  .default([]);

export const CheckRequest = z.strictObject({ repositories: Repositories });

/** What a check said: the verdict about the login alone, how each stage went, and what it may do where it was asked. */
export type CheckView = Omit<CheckResult, 'identity'>;

/** Checks a login without storing anything. "No" and "down" are verdicts. Throws INVALID_INPUT, FORBIDDEN, ADDRESS_BLOCKED or PLAIN_HTTP_NOT_ALLOWED. */
export async function checkLogin(
  app: App,
  { project: name, caller }: { project: string; caller: Caller },
  body: unknown,
): Promise<CheckView> {
  const project = projectOf(app, name);
  const { repositories = [], ...rest } = isObject(body) ? body : { repositories: undefined };
  const input = readCheckInput(project, isObject(body) ? rest : body);
  requireGrant(caller, project, 'operator', input.common);
  countCheck(app, caller);
  const asked = parseInput(CheckRequest, { repositories }).repositories;
  const { identity: _own, ...result } = await check(app, subjectOfInput(project, input), asked);
  return withAnswers(result, asked);
}

/** Checks a stored login and notes what was learned: the standing follows a clear answer, and "down" leaves it as it was. */
export function checkCredential(
  app: App,
  address: Address,
  { repositories }: z.output<typeof CheckRequest>,
): Promise<CheckView & { standing: Standing }> {
  return againIfStale(async () => {
    const { credential, project } = await findLiveCredential(app, address);
    requireGrant(address.caller, project, 'operator', credential);
    countCheck(app, address.caller);
    return checkAndLearn(app, { project, credential, by: actor(address.caller), repositories });
  });
}

interface StoredCheck {
  project: Project;
  credential: Credential;
  by: Actor;
  repositories?: RepositoryQuestion[];
}

/** Checks a stored login for whoever asked, and notes what was learned. */
export async function checkAndLearn(
  app: App,
  { project, credential, by, repositories = [] }: StoredCheck,
): Promise<CheckView & { standing: Standing }> {
  const { material } = await openOrNote(app, credential);
  const { identity, ...result } = await check(app, subjectOfCredential(project, credential, material), repositories);
  const stop = await noteAnswer(app, credential, result.verdict);
  const known = { ...result, warnings: [...result.warnings, ...(stop ? [stop] : [])] };
  const status = await changeStatus(app, credential, (status) => learned(app, status, known, identity), by);
  if (identity?.expiresAt ?? identity?.issuedAt) await planReminder(app, withLearned(credential, status));
  return { ...withAnswers(known, repositories), standing: status.standing };
}

/** A check that ended before it came to the repositories knows nothing of them, and left nothing there. */
function withAnswers(view: CheckView, repositories: RepositoryQuestion[]): CheckView {
  if (repositories.length === 0 || view.capabilities) return view;
  const reason = view.stages.find(({ outcome }) => outcome === 'failed')?.detail ?? 'There is no login to try.';
  const capabilities = repositories.map(({ name, actions }): Capability => {
    const answers = Object.fromEntries(actions.map((action) => [action, 'unknown' as const]));
    return { repository: name, ...answers, reason };
  });
  return { ...view, capabilities, leavesBehind: [] };
}

/** The new status, and an event if the standing is another one, or this was the refusal after which checks stop. */
function learned(
  app: App,
  before: Status,
  { verdict, stages, capabilities, warnings }: CheckView,
  identity: Identity | undefined,
): StatusChange {
  const standing = standingAfter(verdict) ?? before.standing;
  const status: Status = {
    ...before,
    standing,
    warnings,
    lastCheck: { at: app.clock.now().toISOString(), verdict, stages },
    ...(capabilities && capabilities.length > 0 && { capabilities }),
    ...(identity && { identity: identityPart(identity) }),
  };
  if (standing !== before.standing) return { status, event: { type: `regcred.credential.${standing}`, data: { verdict } } };
  if (isStopped(before) || !isStopped(status)) return { status };
  return { status, event: { type: 'regcred.credential.needs-attention', data: { code: CHECKS_STOPPED } } };
}

function isStopped({ warnings }: Status): boolean {
  return warnings.some(({ code }) => code === CHECKS_STOPPED);
}

/** What is kept of the provider's word: only what it said. */
function identityPart({ expiresAt, issuedAt, upstreamId }: Identity): Status['identity'] {
  return {
    ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    ...(issuedAt && { issuedAt: issuedAt.toISOString() }),
    ...(upstreamId && { upstreamId }),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
