import { describe, expect, test } from 'vitest';
import { guardedNetwork } from '../../shared/net/guarded.ts';
import { createEntra } from './entra.ts';
import { startNamedHosts } from './named-hosts.ts';
import { needs } from './need.ts';
import { readRecording, shapeOf, type Exchange } from './recordings.ts';

const HOST = 'login.microsoftonline.com';
const TENANT = '9a8b7c6d-5e4f-4321-8765-43210fedcba9';

/** The secret that recordings have in place of the real one. */
const apps = { azure_client_id: { secrets: [{ value: 'SANITIZED' }] } };

describe('the peer answers as Entra ID was recorded', needs('recordings'), () => {
  test('a token for a client secret', async () => {
    const exchange = find('entra/token-endpoint', ({ request }) => JSON.stringify(request.body).includes('client_credentials'));

    expect(await replay(exchange, { tenant: TENANT })).toEqual(recorded(exchange));
  });

  test('a tenant that is not there', async () => {
    const exchange = find('entra/token-endpoint', ({ request }) => request.url.endsWith('/openid-configuration'));
    const answer = await replay(exchange, { tenant: 'nobody.example' });

    // The word was put back: the recorder took it for the tenant's name.
    expect(answer).toEqual({ ...recorded(exchange), body: { ...(recorded(exchange).body as object), error: 'invalid_tenant' } });
  });

  test('a secret that is wrong', async () => {
    const exchange = find('reported/errors', ({ request }) => request.url.includes('{login}'));
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'azure_client_id',
      client_secret: 'another',
    }).toString();

    expect(await replay(exchange, { tenant: TENANT, body })).toEqual(recorded(exchange));
  });
});

function find(recording: string, isIt: (exchange: Exchange) => boolean): Exchange {
  const exchange = readRecording(recording).find(isIt);
  if (!exchange) throw new Error(`${recording} has no such exchange.`);
  return exchange;
}

async function replay({ request }: Exchange, { tenant, body }: { tenant: string; body?: string }) {
  await using hosts = await startNamedHosts({ [HOST]: createEntra([{ id: TENANT, apps }]).handle });
  await using session = guardedNetwork({ inAzure: false, ...hosts.network }).open({ host: HOST, tls: 'verify' });
  const url = request.url.replace('{login}', HOST).replace('{tenant}', tenant);
  const sent = body ?? (typeof request.body === 'string' ? request.body : undefined);
  const answer = await session.request(url, { method: request.method, ...(sent !== undefined && { body: sent }) });
  return { status: answer.status, type: answer.headers.get('content-type'), body: shapeOf(JSON.parse(answer.body)) };
}

function recorded({ response }: Exchange) {
  return { status: response.status, type: response.headers['content-type'], body: shapeOf(response.body) };
}
