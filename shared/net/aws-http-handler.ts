import { Secret } from '../lib/secret.ts';
import type { Answer, RequestOptions } from './exchange.ts';

/** What an AWS client hands over once it is signed. */
interface AwsRequest {
  method: string;
  protocol: string;
  hostname: string;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: unknown;
}

interface AwsResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

export type AwsHttpHandler = ReturnType<typeof awsHttpHandler>;

/** Headers that are good for a while, whoever sends them. */
const SECRET_HEADERS = new Set(['authorization', 'x-amz-security-token']);

/** One of our doors to the network, in place of an AWS client's own. Throws what `send` throws, which the client does not try again. */
export function awsHttpHandler(send: (url: URL, options: RequestOptions) => Promise<Answer>) {
  return {
    async handle(request: AwsRequest): Promise<{ response: AwsResponse }> {
      const { status: statusCode, headers, body } = await send(urlOf(request), optionsOf(request));
      return { response: { statusCode, headers: Object.fromEntries(headers), body: Buffer.from(body) } };
    },
  };
}

function urlOf({ protocol, hostname, path, query = {} }: AwsRequest): URL {
  const url = new URL(`${protocol}//${hostname}${path}`);
  for (const [name, values] of Object.entries(query)) {
    for (const value of [values ?? ''].flat()) url.searchParams.append(name, value);
  }
  return url;
}

function optionsOf({ method, headers, body }: AwsRequest): RequestOptions {
  return {
    method: method === 'GET' ? 'GET' : 'POST',
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name, SECRET_HEADERS.has(name.toLowerCase()) ? new Secret(text) : text]),
    ),
    ...(body !== undefined && { body: new Secret(textOf(body)) }),
  };
}

/** Every call that is made here has a text. */
function textOf(body: unknown): string {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return new TextDecoder().decode(body);
  throw new TypeError('The body of this request is no text');
}
