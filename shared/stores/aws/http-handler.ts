import { Secret } from '../../lib/secret.ts';
import type { Operator } from '../../net/operator.ts';

/** What an AWS client hands over once it is signed. */
interface AwsRequest {
  protocol: string;
  hostname: string;
  path: string;
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

/**
 * Our door to the network in place of an AWS client's own. Each call is a POST of a text, as in all of AWS's JSON
 * protocols. Throws NetError, which the client does not try again.
 */
export function awsHttpHandler(operator: Operator) {
  return {
    async handle({ protocol, hostname, path, headers, body }: AwsRequest): Promise<{ response: AwsResponse }> {
      const answer = await operator.request(`${protocol}//${hostname}${path}`, {
        method: 'POST',
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, text]) => [name, SECRET_HEADERS.has(name.toLowerCase()) ? new Secret(text) : text]),
        ),
        body: new Secret(textOf(body)),
      });
      const { status: statusCode, headers: answered, body: text } = answer;
      return { response: { statusCode, headers: Object.fromEntries(answered), body: Buffer.from(text) } };
    },
  };
}

function textOf(body: unknown): string {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return new TextDecoder().decode(body);
  throw new TypeError('The body of this request is no text');
}
