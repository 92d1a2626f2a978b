import { describe, expect, test } from 'vitest';
import { createEntra } from './entra.ts';
import { createGraph } from './graph.ts';
import { startHttpPeer } from './http-peer.ts';
import { needs } from './need.ts';
import { readRecording, shapeOf, type Exchange } from './recordings.ts';

const HOST = 'graph.microsoft.com';
const READER = '3f2b8c1e-5d47-4a90-9b6e-0c1d2e3f4a5b';
const OTHER = '3f2b8c1e-5d47-4a90-9b6e-000000000001';
const MISSING = '3f2b8c1e-5d47-4a90-9b6e-ffffffffffff';

describe('the peer answers as Microsoft Graph was recorded', needs('recordings'), () => {
  test('the secrets of an app', async () => {
    const { response } = find('graph/app-password', ({ response }) => JSON.stringify(response).includes('"secretText":null'));
    const { passwordCredentials } = response.body as { passwordCredentials: unknown[] };

    const answer = await ask(READER, READER);

    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ passwordCredentials: [shapeOf(passwordCredentials[0])] });
  });

  test.for([
    { what: 'an app that may not read itself', as: OTHER, app: OTHER, status: 403 },
    { what: 'an app that is not there', as: READER, app: MISSING, status: 404 },
  ])('$what', async ({ as, app, status }) => {
    const { response } = find('graph/errors', ({ response }) => response.status === status);

    expect(await ask(as, app)).toEqual({ status, body: shapeOf(response.body) });
  });
});

function find(recording: string, isIt: (exchange: Exchange) => boolean): Exchange {
  const exchange = readRecording(recording).find(isIt);
  if (!exchange) throw new Error(`${recording} has no such exchange.`);
  return exchange;
}

async function ask(as: string, clientId: string) {
  const secrets = [{ value: 'abc8Q~a-secret', keyId: 'a-key', endDateTime: '2027-01-01T00:00:00Z' }];
  const entra = createEntra([{ id: 'a-tenant', apps: { [READER]: { secrets, mayReadItself: true }, [OTHER]: { secrets } } }]);
  await using peer = await startHttpPeer(createGraph({ entra, host: HOST }));
  const headers = { authorization: `Bearer ${entra.tokenFor(as, `https://${HOST}`)}` };
  const response = await fetch(`${peer.url}/v1.0/applications(appId='${clientId}')?$select=passwordCredentials`, { headers });
  return { status: response.status, body: shapeOf(await response.json()) };
}
