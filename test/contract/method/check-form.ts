import type { OwnIdentity } from '../../../shared/identity/own-identity.ts';
import { systemClock } from '../../../shared/lib/clock.ts';
import { runInvocation } from '../../../shared/lib/invocation.ts';
import { guardedNetwork } from '../../../shared/net/guarded.ts';
import type { NetworkPolicy } from '../../../shared/net/network-policy.ts';
import type { App } from '../../../shared/domain/app.ts';
import { check, type CheckResult } from '../../../shared/domain/check.ts';
import { readCheckInput } from '../../../shared/domain/credential-input.ts';
import type { RecordStore } from '../../../shared/domain/ports.ts';
import { subjectOfInput } from '../../../shared/domain/subject.ts';

/** What a person fills in. */
export type Form = Record<string, unknown>;

/** As whom a method acts that has no material of its own, and what the policy lets it touch. */
export interface ActsAs {
  identity: OwnIdentity;
  upstreams: string[];
  /** Where the external id of the project is. */
  records?: RecordStore;
}

/** Checks a form as the API does, but with limits of its own, and a signal that ends the check's connections. */
export async function checkForm(
  form: Form,
  policy: Pick<NetworkPolicy, 'connectTo' | 'ca'>,
  { signal, requestLimit, actsAs }: { signal?: AbortSignal; requestLimit?: number; actsAs?: ActsAs },
): Promise<CheckResult> {
  const project = { name: 'default', environments: ['dev'], networks: [], upstreams: actsAs?.upstreams ?? [] };
  const limits = requestLimit === undefined ? {} : { request: requestLimit };
  const network = guardedNetwork({ inAzure: false, ...policy }, { limits });
  // A check needs no other part of the app.
  const app = {
    clock: systemClock,
    network: { ...network, open: (options) => network.open({ ...options, ...(signal && { signal }) }) },
    ...actsAs,
  } satisfies Partial<App> as unknown as App;
  return runInvocation({ requestId: 'contract', write: () => {} }, () =>
    check(app, subjectOfInput(project, readCheckInput(project, form))),
  );
}
