import { Secret } from '../../lib/secret.ts';
import type { Answer } from '../../net/exchange.ts';
import { assertInService } from '../../oci/refusals.ts';
import type { Wire } from '../../oci/wire.ts';

/** Sends a form, which holds secrets. Throws Refusal for an answer that any service may give instead of its own, and NetError. */
export async function postForm({ session, clock, signal }: Wire, url: URL, form: URLSearchParams): Promise<Answer> {
  const answer = await session.request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new Secret(form.toString()),
    signal,
  });
  assertInService(answer, url.host, clock);
  return answer;
}
