import type { Secret } from '../../lib/secret.ts';
import { assertInService } from '../../oci/refusals.ts';
import type { MethodContext } from '../provider.ts';

/** What an AWS client hands over once it is signed. */
interface SdkRequest {
  method: string;
  protocol: string;
  hostname: string;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: unknown;
}

interface SdkResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: Secret;
}

/**
 * What every AWS client here is made with: our door to the network in place of its own, one attempt, and nothing of the
 * machine's own AWS settings, which could lead it somewhere else. `endpoint` comes from the name of the registry.
 */
export function sdkSettings(context: Doors, key: AccessKey, region: string, endpoint: string) {
  return {
    region,
    endpoint,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    credentials: { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey.reveal() },
    // Whoever asked waits; a login that is kept serves while AWS throttles.
    maxAttempts: 1,
    requestHandler: guardedHandler(context),
  };
}

type Doors = Pick<MethodContext, 'http' | 'clock' | 'signal'>;

/** Throws Refusal for answers that AWS itself does not give to such calls, such as redirects, and NetError. */
function guardedHandler({ http, clock, signal }: Doors) {
  return {
    async handle(request: SdkRequest): Promise<{ response: SdkResponse }> {
      const url = urlOf(request);
      const answer = await http.request(url, {
        method: request.method === 'GET' ? 'GET' : 'POST',
        headers: request.headers,
        body: textOf(request.body),
        signal,
      });
      assertInService(answer, url.host, clock);
      const { status: statusCode, headers, body } = answer;
      return { response: { statusCode, headers: Object.fromEntries(headers), body: Buffer.from(body) } };
    },
  };
}

function urlOf({ protocol, hostname, path, query = {} }: SdkRequest): URL {
  const url = new URL(`${protocol}//${hostname}${path}`);
  for (const [name, values] of Object.entries(query)) {
    for (const value of [values ?? ''].flat()) url.searchParams.append(name, value);
  }
  return url;
}

/** Every call that is made here has a text, or nothing. */
function textOf(body: unknown): string {
  if (typeof body === 'string') return body;
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : '';
}
