import type { GuardedSession } from '../net/guarded.ts';
import type { MethodContext } from '../providers/provider.ts';
import type { App } from './app.ts';
import { externalIdOf } from './external-id.ts';
import type { Subject } from './subject.ts';

/** What a method gets to work with. `session` is asked for when the method first goes to the network. */
export function methodContext(
  app: App,
  { project, settings, material, registry }: Subject,
  { session, signal, scope }: { session: () => GuardedSession } & Pick<MethodContext, 'signal' | 'scope'>,
): MethodContext {
  const { clock, identity } = app;
  return {
    settings,
    material,
    registry,
    clock,
    cloud: { ...identity, externalId: () => externalIdOf(app, project.name) },
    signal,
    ...(scope && { scope }),
    get http() {
      return session();
    },
  };
}
