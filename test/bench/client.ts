import { once } from 'node:events';
import { Agent, request, type IncomingMessage, type RequestOptions } from 'node:http';
import { text } from 'node:stream/consumers';

const ANSWER_LIMIT = 30_000;

/** A client that adds as little as possible to what it measures: kept connections, nothing parsed. */
export interface Client extends Disposable {
  /** The body of the answer. Throws unless it is a 200. */
  send(method: 'GET' | 'POST', path: string, body?: string): Promise<string>;
}

export function openClient(url: string, token: string): Client {
  const agent = new Agent({ keepAlive: true });
  return {
    send: (method, path, body) => {
      const headers = {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      };
      return exchange(new URL(path, url), { method, agent, headers, timeout: ANSWER_LIMIT }, body);
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

async function exchange(url: URL, options: RequestOptions, body: string | undefined): Promise<string> {
  const outgoing = request(url, options);
  outgoing.on('timeout', () => outgoing.destroy(new Error(`${url.pathname} did not answer in time`)));
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  outgoing.end(body);
  const [response] = await answered;
  const answer = await text(response);
  if (response.statusCode !== 200) throw new Error(`${url.pathname} answered ${response.statusCode}: ${answer}`);
  return answer;
}
