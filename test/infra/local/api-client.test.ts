import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { apiClient, type Call } from '../../../infra/local/api-client.ts';

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

const problem = (status: number, code: string, headers = {}): Answer => ({
  status,
  headers,
  body: { code, detail: 'It is so.', hint: 'Do this.' },
});
const AT_ONCE = { 'retry-after': '0' };

/** A server that gives each answer once, then the last one again and again. */
async function serve(...answers: Answer[]) {
  const asked: string[] = [];
  const server = createServer((request, response: ServerResponse) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    const { status, headers, body } = answers[Math.min(asked.length, answers.length) - 1] ?? { status: 500 };
    response.writeHead(status, headers).end(body === undefined ? '<html>' : JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = new AbortController();
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const call: Call = apiClient({ url, token: 'a-token', stop: stop.signal });
  return {
    asked,
    call,
    stop,
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('the client of the API', () => {
  test('sends the token and answers the JSON', async () => {
    await using server = await serve({ status: 200, body: { value: 1 } });

    expect(await server.call('GET', '/api/x')).toEqual({ value: 1 });
    expect(server.asked).toEqual(['GET /api/x Bearer a-token']);
  });

  test.for<[string, Answer]>([
    ['a store that is down', problem(503, 'STORE_UNAVAILABLE', AT_ONCE)],
    ['a race', problem(412, 'ETAG_MISMATCH', AT_ONCE)],
    ['a gateway without anybody behind it', { status: 502, headers: AT_ONCE }],
    ['too many calls', { status: 429, headers: AT_ONCE }],
  ])('asks again after %s', async ([, answer]) => {
    await using server = await serve(answer, answer, { status: 200, body: {} });

    expect(await server.call('POST', '/api/x', {})).toEqual({});
    expect(server.asked).toHaveLength(3);
  });

  test('does so four times, and then tells', async () => {
    await using server = await serve(problem(503, 'STORE_UNAVAILABLE', AT_ONCE));

    const error = await server.call('GET', '/api/x').catch((cause: unknown) => cause);

    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', message: 'It is so. Do this.', isPassing: true });
    expect(server.asked).toHaveLength(4);
  });

  test.for<[string, Answer, string]>([
    ['a secret that is missing', problem(503, 'SECRET_MISSING', AT_ONCE), 'SECRET_MISSING'],
    ['a token that is not taken', problem(401, 'UNAUTHENTICATED'), 'UNAUTHENTICATED'],
    ['what is not regcred', { status: 200 }, '200'],
  ])('does not ask again after %s', async ([, answer, code]) => {
    await using server = await serve(answer);

    await expect(server.call('GET', '/api/x')).rejects.toMatchObject({ code, isPassing: false });
    expect(server.asked).toHaveLength(1);
  });

  test('follows no redirect, which could take the token elsewhere', async () => {
    await using other = await serve({ status: 200, body: {} });
    await using server = await serve({ status: 302, headers: { location: other.url.href } });

    await expect(server.call('GET', '/api/x')).rejects.toMatchObject({ code: '302', isPassing: false });
    expect(other.asked).toEqual([]);
  });

  test('waits no longer once it is told to stop', async () => {
    await using server = await serve(problem(503, 'STORE_UNAVAILABLE', { 'retry-after': '3600' }));
    const call = server.call('GET', '/api/x');
    server.stop.abort();

    await expect(call).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(server.asked).toHaveLength(1);
  });
});
