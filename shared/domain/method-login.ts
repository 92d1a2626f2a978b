import { AppError } from '../lib/errors.ts';
import type { Login } from '../oci/login.ts';
import type { GuardedSession } from '../net/guarded.ts';
import { NetError } from '../net/net-error.ts';
import { asRefusal } from '../oci/refusals.ts';
import { Refusal } from '../oci/stages.ts';
import type { MethodContext } from '../providers/provider.ts';
import type { App } from './app.ts';
import { errorOfVerdict } from './check.ts';
import type { Credential } from './credential.ts';
import type { HandOutRequest } from './login-format.ts';
import { methodContext } from './method-context.ts';
import { loginOf, targetOf, type Subject } from './subject.ts';
import { requireUpstreams } from './upstreams.ts';

/** The longest that minting may take, in milliseconds. */
const LIMIT = 30_000;

/**
 * The login to hand out: the material as it is, or a minted one, narrowed to what was asked for where the method can.
 * Throws NOTHING_TO_HAND_OUT, ADDRESS_BLOCKED for what the project may not have regcred touch, and for a provider that does not mint the error of the verdict.
 */
export async function methodLogin(app: App, credential: Credential, subject: Subject, request: HandOutRequest): Promise<Login> {
  // Before what is kept: the policy may have changed since it was minted.
  requireUpstreams(subject);
  const scope = scopeOf(credential, subject, request);
  if (!subject.method.mints && !scope) return call(app, subject, undefined);
  const { id, active } = credential;
  const key = JSON.stringify([id, active.since, active.secret?.version ?? null, active.settings, scope ?? null]);
  return app.mintedLogins.get(key, () => call(app, subject, scope), { fresh: request.fresh });
}

type LoginScope = NonNullable<MethodContext['scope']>;

/** What to narrow the login to; undefined: nothing was asked for, or the method cannot. */
function scopeOf(
  { purpose }: Credential,
  { method }: Subject,
  { repositories, actions }: HandOutRequest,
): LoginScope | undefined {
  if (!method.narrowing || !repositories) return undefined;
  const most: LoginScope['actions'] = purpose === 'pull' ? ['pull'] : ['pull', 'push'];
  return { repositories: repositories.toSorted(), actions: most.filter((action) => actions?.includes(action) ?? true) };
}

/** Most methods need no network for a login: the session is opened when one asks for it. */
async function call(app: App, subject: Subject, scope: LoginScope | undefined): Promise<Login> {
  const signal = AbortSignal.timeout(LIMIT);
  const sessions: GuardedSession[] = [];
  const session = () => (sessions[0] ??= app.network.open({ ...targetOf(subject), signal }));
  try {
    return await loginOf(subject.method, methodContext(app, subject, { session, signal, ...(scope && { scope }) }));
  } catch (error) {
    throw error instanceof Refusal || error instanceof NetError ? publicError(asRefusal(error)) : error;
  } finally {
    await sessions[0]?.[Symbol.asyncDispose]();
  }
}

function publicError({ verdict, message, hint, code, retryAfterSeconds }: Refusal): AppError {
  return (
    errorOfVerdict(verdict, message, { hint, extra: { verdict, reason: code }, retryAfterSeconds }) ??
    new AppError('INTERNAL', message, { hint })
  );
}
