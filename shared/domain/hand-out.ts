import { randomUUID } from 'node:crypto';
import { HOUR } from '../lib/clock.ts';
import { AppError, invalidInput } from '../lib/errors.ts';
import { currentInvocation } from '../lib/invocation.ts';
import { log } from '../lib/log.ts';
import type { Login } from '../oci/login.ts';
import { writeHandOut } from './activity.ts';
import type { App } from './app.ts';
import { actor, effectiveEnvironments, requireGrant } from './caller.ts';
import { subjectOfCredential } from './subject.ts';
import type { Credential } from './credential.ts';
import { countHandOut } from './hand-out-limit.ts';
import { renderLogin, type HandOutRequest, type RenderedLogin } from './login-format.ts';
import { methodLogin } from './method-login.ts';
import { againIfStale, openOrNote } from './missing-secret.ts';
import type { Rule } from './policy.ts';
import { findLiveCredential, type Address, type Found } from './read-credential.ts';
import { noteUse } from './use.ts';
import type { Status } from './status.ts';
import type { Warning } from '../oci/stages.ts';

export type HandOutView = RenderedLogin & {
  expiresAt?: string;
  /** When to ask again: well before the end. */
  refreshAfter?: string;
  scope: Login['scope'];
  tls: Credential['tls'];
  ca?: string;
  warnings: Warning[];
};

/**
 * Gives the login out, in the form that was asked for. The audit row is written first: without it nothing is handed out.
 * A bad standing is a warning, because the registry has the last word.
 *
 * Throws NOT_FOUND, FORBIDDEN, INVALID_INPUT, CREDENTIAL_DISABLED, NOTHING_TO_HAND_OUT, HAND_OUT_LIMIT, SECRET_MISSING,
 * AUDIT_UNAVAILABLE or STORE_UNAVAILABLE.
 */
export function handOut(app: App, address: Address, request: HandOutRequest): Promise<HandOutView> {
  return againIfStale(() => handOutNow(app, address, request));
}

async function handOutNow(app: App, address: Address, request: HandOutRequest): Promise<HandOutView> {
  const found = await findLiveCredential(app, address);
  const { credential } = found;
  const rules = grantFor(found, address, request);
  requireUsable(credential, request);
  const { material } = await openOrNote(app, credential);
  countHandOut(app, rules);

  const subject = subjectOfCredential(found.project, credential, material);
  const login = await methodLogin(app, credential, subject, request);
  const rendered = await renderLogin(request, subject.provider.dockerConfigKeys(subject.registry), login);
  await audit(app, credential, address, request, login);
  const standing = await noteUse(app, credential);
  return {
    ...rendered,
    ...endOf(app, login, credential),
    scope: login.scope,
    tls: credential.tls,
    ...(credential.ca && { ca: credential.ca }),
    warnings: warningsOf(credential, request, login, standing),
  };
}

/** The rules that let the caller have it there. Left out, the environment must not matter: one rule covers all of them. */
function grantFor({ credential, project }: Found, { caller }: Address, { environment }: HandOutRequest): Rule[] {
  const environments = effectiveEnvironments(project, credential);
  if (environment !== undefined && !environments.includes(environment)) {
    throw invalidInput(
      '/environment',
      'NOT_ALLOWED',
      'is not an environment of this credential',
      `One of: ${environments.join(', ')}.`,
    );
  }
  return requireGrant(caller, project, 'consumer', {
    environments: environment === undefined ? environments : [environment],
    purpose: credential.purpose,
  });
}

function requireUsable(credential: Credential, { actions }: HandOutRequest): void {
  if (!credential.enabled) {
    throw new AppError('CREDENTIAL_DISABLED', 'This credential is switched off.', {
      hint: 'Whoever switched it off can set enabled to true with PATCH.',
    });
  }
  if (credential.purpose === 'admin') {
    throw new AppError('FORBIDDEN', 'Credentials with purpose admin are never handed out.', {
      hint: 'Make one with purpose pull or push.',
    });
  }
  const pushAt = actions?.indexOf('push') ?? -1;
  if (credential.purpose === 'pull' && pushAt >= 0) {
    throw invalidInput(
      `/actions/${pushAt}`,
      'NOT_ALLOWED',
      'is not what this credential is for',
      'Use a credential with purpose push.',
    );
  }
}

async function audit(
  app: App,
  credential: Credential,
  { caller }: Address,
  request: HandOutRequest,
  login: Login,
): Promise<void> {
  const { format, environment, repositories = [], actions = [] } = request;
  const data = {
    format,
    environment: environment ?? null,
    repositories,
    actions,
    expiresAt: login.expiresAt?.toISOString() ?? null,
    requestId: currentInvocation()?.requestId ?? null,
  };
  try {
    await writeHandOut(app, credential, randomUUID(), actor(caller), data);
  } catch (cause) {
    log('error', 'hand-out.not-recorded', { id: credential.id, error: cause });
    throw new AppError('AUDIT_UNAVAILABLE', 'The hand-out could not be recorded, so it did not happen.', {
      hint: 'Try again; if it lasts, the operator should look at the records store.',
      retryAfterSeconds: 5,
      cause,
    });
  }
}

/** A login is asked for again after half of its life; one without an end never needs to be. */
function endOf(app: App, login: Login, credential: Credential): { expiresAt?: string; refreshAfter?: string } {
  const expiresAt = login.expiresAt?.toISOString() ?? credential.active.expiresAt;
  if (expiresAt === undefined) return {};
  const now = app.clock.now().getTime();
  const half = now + Math.max(0, new Date(expiresAt).getTime() - now) / 2;
  return { expiresAt, refreshAfter: new Date(Math.min(half, now + 12 * HOUR)).toISOString() };
}

function warningsOf(
  credential: Credential,
  { repositories, actions }: HandOutRequest,
  login: Login,
  standing: Status['standing'] | undefined,
): Warning[] {
  const warnings: Warning[] = [];
  if (standing === 'rejected' || standing === 'expired') {
    warnings.push({
      code: 'BAD_STANDING',
      detail: `The registry refused this login when it was last checked (${standing}).`,
      hint: 'Check it again, or give a new secret.',
    });
  }
  if (login.scope === 'unrestricted' && (repositories ?? actions)) {
    warnings.push({
      code: 'NOT_NARROWED',
      detail: 'This login cannot be narrowed: it may do everything that the credential may.',
      hint: 'Use a credential with fewer rights.',
    });
  }
  if (login.scope === 'unrestricted' && credential.purpose === 'push' && actions?.every((action) => action === 'pull')) {
    warnings.push({
      code: 'MAY_PUSH',
      detail: 'Pull was asked for, but this login may push, too.',
      hint: 'Use a credential with purpose pull.',
    });
  }
  return warnings;
}
