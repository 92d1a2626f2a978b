import { IdentityError } from '../identity/identity-error.ts';
import type { OwnIdentity } from '../identity/own-identity.ts';
import { AppError } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import type { GuardedSession } from '../net/guarded.ts';
import { Refusal } from '../oci/stages.ts';
import type { MethodContext } from '../providers/provider.ts';
import type { App } from './app.ts';
import { externalIdOf } from './external-id.ts';
import type { Subject } from './subject.ts';

/** What a method gets to work with. `session` is asked for when the method first goes to the network. */
export function methodContext(
  app: App,
  { project, method, settings, material, registry }: Subject,
  { session, signal, scope }: { session: () => GuardedSession } & Pick<MethodContext, 'signal' | 'scope'>,
): MethodContext {
  const { clock, identity } = app;
  return {
    settings,
    material,
    registry,
    clock,
    cloud: {
      ...refusing(method.upstreams ? identity : NOBODY),
      project: project.name,
      externalId: () => externalIdOf(app, project.name),
    },
    signal,
    ...(scope && { scope }),
    get http() {
      return session();
    },
  };
}

/** For methods that name nothing which they would touch: what was not asked of the policy is not done. */
const NOBODY: OwnIdentity = { azure: nobody, entraToken: nobody, federationToken: nobody, aws: nobody };

function nobody(): Promise<never> {
  return Promise.reject(new AppError('INTERNAL', 'A method that names no upstreams asked for the identity of this service.'));
}

/** That regcred itself cannot act is no word about a login: the operator has to mend it, or it is down. */
function refusing(identity: OwnIdentity): OwnIdentity {
  return {
    azure: () => identity.azure().catch(refuse),
    entraToken: (scope, options) => identity.entraToken(scope, options).catch(refuse),
    federationToken: (signal) => identity.federationToken(signal).catch(refuse),
    aws: () => identity.aws().catch(refuse),
  };
}

function refuse(error: unknown): never {
  if (!(error instanceof IdentityError)) throw error;
  const { code, message, hint, isOutage } = error;
  log('warn', 'identity.failed', { error });
  throw new Refusal(isOutage ? 'unreachable' : 'misconfigured', code, message, hint, { cause: error });
}
