import { z } from 'zod';
import { parseInput } from '../lib/parse-input.ts';
import { projectOf, type App } from './app.ts';
import { actor, requireGrant, type Caller } from './caller.ts';
import { check, type CheckResult } from './check.ts';
import { readCheckInput } from './credential-input.ts';
import { openOrNote } from './missing-secret.ts';
import { findLiveCredential, type Address } from './read-credential.ts';
import { standingAfter, type Standing, type Status } from './status.ts';
import { subjectOfCredential, subjectOfInput } from './subject.ts';
import { changeStatus, type StatusChange } from './change-status.ts';
import { RepositoryName } from './login-format.ts';

/** Repositories to ask about; only those that are named, because a question to one that does not exist can make it. */
export const Repositories = z
  .array(
    z.strictObject({
      name: RepositoryName,
      actions: z
        .array(z.enum(['pull', 'push', 'delete']))
        .min(1)
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
  const asked = parseInput(CheckRequest, { repositories }).repositories;
  const { identity: _own, ...result } = await check(app, subjectOfInput(project, input), asked);
  return result;
}

/** Checks a stored login and notes what was learned: the standing follows a clear answer, and "down" leaves it as it was. */
export async function checkCredential(
  app: App,
  address: Address,
  { repositories }: z.output<typeof CheckRequest>,
): Promise<CheckView & { standing: Standing }> {
  const { credential, project } = await findLiveCredential(app, address);
  requireGrant(address.caller, project, 'operator', credential);
  const material = await openOrNote(app, credential);
  const { identity: _own, ...result } = await check(app, subjectOfCredential(project, credential, material), repositories);
  const status = await changeStatus(app, credential, (status) => learned(app, status, result), actor(address.caller));
  return { ...result, standing: status.standing };
}

/** The new status, and an event if the standing is another one. */
function learned(app: App, before: Status, { verdict, stages, capabilities, warnings }: CheckView): StatusChange {
  const standing = standingAfter(verdict) ?? before.standing;
  const status: Status = {
    ...before,
    standing,
    warnings,
    lastCheck: { at: app.clock.now().toISOString(), verdict, stages },
    ...(capabilities && capabilities.length > 0 && { capabilities }),
  };
  if (standing === before.standing) return { status };
  return { status, event: { type: `regcred.credential.${standing}`, data: { verdict } } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
