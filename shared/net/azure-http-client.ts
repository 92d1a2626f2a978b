import { setTimeout as sleep } from 'node:timers/promises';
import type { SecretClientOptions } from '@azure/keyvault-secrets';
import { Secret } from '../lib/secret.ts';
import type { Answer, RequestOptions } from './exchange.ts';

/** What every Azure client takes as `httpClient`. */
export type AzureHttpClient = NonNullable<SecretClientOptions['httpClient']>;

type AzureRequest = Parameters<AzureHttpClient['sendRequest']>[0];
type AzureHeaders = Awaited<ReturnType<AzureHttpClient['sendRequest']>>['headers'];

/** Both doors have it. */
interface Door {
  request(url: string, options: RequestOptions): Promise<Answer>;
}

/** Milliseconds before each further attempt; a service that asks for more than the longest is given up. */
const PAUSES = [1_000, 2_000, 4_000];

/**
 * One of our doors to the network, in place of an Azure client's own. A request that was throttled (429, which is never applied) is
 * sent again after what Retry-After says or, as Key Vault leaves that out, after `pauses`. All else is tried once: only
 * who asked knows whether a lost answer may be asked for again. Throws NetError.
 */
export function azureHttpClient(door: Door, pauses: readonly number[] = PAUSES): AzureHttpClient {
  return {
    async sendRequest(request) {
      let answer = await door.request(request.url, optionsOf(request));
      for (const pause of pauses) {
        const asked = retryAfter(answer);
        if (answer.status !== 429 || (asked ?? 0) > Math.max(...pauses)) break;
        await sleep(asked ?? pause);
        answer = await door.request(request.url, optionsOf(request));
      }
      return { request, status: answer.status, headers: azureHeaders(answer.headers), bodyAsText: answer.body };
    },
  };
}

/** The client's own retries and redirects are off: the answer to either is ours. */
export const AZURE_CLIENT_OPTIONS = { retryOptions: { maxRetries: 0 }, redirectOptions: { maxRetries: 0 } } as const;

function optionsOf({ method, headers, body }: AzureRequest): RequestOptions {
  if (method === 'TRACE' || method === 'OPTIONS') throw new RangeError(`${method} is not sent`);
  // Nothing is decompressed here; the length is that of the body that is sent.
  const kept = Object.entries(headers.toJSON()).filter(([name]) => !['accept-encoding', 'content-length'].includes(name));
  return {
    method,
    headers: Object.fromEntries(kept.map(([name, text]) => [name, name === 'authorization' ? new Secret(text) : text])),
    ...(body !== undefined && body !== null && { body: new Secret(textOf(body)) }),
  };
}

/** Every call that is made here has a text. */
function textOf(body: NonNullable<AzureRequest['body']>): string {
  if (typeof body === 'string') return body;
  throw new TypeError('The body of this request is no text');
}

/** Milliseconds; a date is not what Azure sends. */
function retryAfter({ headers }: Answer): number | undefined {
  const seconds = headers.get('retry-after');
  return seconds !== null && /^\d+$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

function azureHeaders(headers: Headers): AzureHeaders {
  return {
    get: (name) => headers.get(name) ?? undefined,
    has: (name) => headers.has(name),
    set: (name, value) => headers.set(name, String(value)),
    delete: (name) => headers.delete(name),
    toJSON: () => Object.fromEntries(headers),
    [Symbol.iterator]: () => headers.entries(),
  };
}
