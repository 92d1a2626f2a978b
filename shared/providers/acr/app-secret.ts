import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { HOUR, SECOND } from '../../lib/clock.ts';
import { Secret } from '../../lib/secret.ts';
import type { Answer } from '../../net/exchange.ts';
import { NetError } from '../../net/net-error.ts';
import { assertInService } from '../../oci/refusals.ts';
import { Refusal } from '../../oci/stages.ts';
import type { Wire } from '../../oci/wire.ts';
import { readAnswer } from '../read-answer.ts';
import { requestEntraToken } from './entra.ts';
import type { EntraApp } from './entra.ts';

/** What Microsoft Graph says of a client secret. */
interface AppSecret {
  upstreamId: string;
  expiresAt: Date;
}

/** An app that has signed in with its secret. */
export interface SignedInApp extends EntraApp {
  proof: { clientSecret: Secret };
  /** Microsoft Graph in the same cloud. */
  graph: string;
}

/** Nobody waits longer for what is only good to know. */
const LIMIT = 2 * SECOND;

/** Apps that may not read themselves, or are registered in another tenant: most, and they are not asked again for hours. */
const unreadable = new LRUCache<string, true>({ max: 1_000, ttl: 6 * HOUR });

const Application = z.object({
  passwordCredentials: z.array(z.object({ keyId: z.string(), hint: z.string().nullish(), endDateTime: z.coerce.date() })),
});

/**
 * Which of its secrets it is, and until when, by the app's own registration. Undefined where that is not known: the app may
 * not read itself, two secrets begin alike, or Graph does not answer. It never throws for what others answer.
 *
 * https://learn.microsoft.com/graph/api/application-get
 */
export async function findAppSecret(wire: Wire, app: SignedInApp): Promise<AppSecret | undefined> {
  const key = JSON.stringify([app.graph, app.tenantId, app.clientId]);
  if (unreadable.has(key)) return undefined;
  try {
    const answer = await askGraph({ ...wire, signal: AbortSignal.any([wire.signal, AbortSignal.timeout(LIMIT)]) }, app);
    if (answer.status === 403 || answer.status === 404) unreadable.set(key, true);
    return answer.status === 200
      ? secretIn(readAnswer(Application, answer), app.proof.clientSecret, wire.clock.now())
      : undefined;
  } catch (error) {
    if (error instanceof Refusal || error instanceof NetError) return undefined;
    throw error;
  }
}

async function askGraph(wire: Wire, app: SignedInApp): Promise<Answer> {
  const { graph } = app;
  const token = await requestEntraToken(wire, app, `https://${graph}/.default`);
  const url = `https://${graph}/v1.0/applications(appId='${app.clientId}')?$select=passwordCredentials`;
  const authorization = new Secret(`Bearer ${token.reveal()}`);
  const answer = await wire.session.request(url, { headers: { accept: 'application/json', authorization }, signal: wire.signal });
  assertInService(answer, graph, wire.clock);
  return answer;
}

/** The one that begins so, of those that have not ended: this one just worked. Graph shows three characters of each. */
function secretIn(application: z.output<typeof Application> | undefined, clientSecret: Secret, now: Date): AppSecret | undefined {
  const live = application?.passwordCredentials.filter(({ endDateTime }) => endDateTime > now) ?? [];
  const [found, ...more] = live.filter(({ hint }) => hint && clientSecret.reveal().startsWith(hint));
  return found && more.length === 0 ? { upstreamId: found.keyId, expiresAt: found.endDateTime } : undefined;
}
