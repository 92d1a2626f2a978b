import { systemClock } from '../../../shared/lib/clock.ts';
import { runInvocation } from '../../../shared/lib/invocation.ts';
import { guardedNetwork } from '../../../shared/net/guarded.ts';
import type { NetworkPolicy } from '../../../shared/net/network-policy.ts';
import type { App } from '../../../shared/domain/app.ts';
import { check, type CheckResult } from '../../../shared/domain/check.ts';
import { readCheckInput } from '../../../shared/domain/credential-input.ts';
import { subjectOfInput } from '../../../shared/domain/subject.ts';

/** What a person fills in. */
export type Form = Record<string, unknown>;

const PROJECT = { name: 'default', environments: ['dev'], networks: [], upstreams: [] };

/** Checks a form as the API does, but with limits of its own, and a signal that ends the check's connections. */
export async function checkForm(
  form: Form,
  policy: Pick<NetworkPolicy, 'connectTo' | 'ca'>,
  { signal, requestLimit }: { signal?: AbortSignal; requestLimit?: number },
): Promise<CheckResult> {
  const limits = requestLimit === undefined ? {} : { request: requestLimit };
  const network = guardedNetwork({ inAzure: false, ...policy }, { limits });
  // A check needs no other part of the app.
  const app = {
    clock: systemClock,
    network: { ...network, open: (options) => network.open({ ...options, ...(signal && { signal }) }) },
  } satisfies Pick<App, 'clock' | 'network'> as unknown as App;
  return runInvocation({ requestId: 'contract', write: () => {} }, () =>
    check(app, subjectOfInput(PROJECT, readCheckInput(PROJECT, form))),
  );
}
