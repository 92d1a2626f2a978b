import { describe, expect, test } from 'vitest';
import { createEntra } from './entra.ts';
import { startHttpPeer } from './http-peer.ts';
import { IDENTITY_HEADER, managedIdentityHandler } from './managed-identity.ts';
import { needs } from './need.ts';
import { readRecording, shapeOf, type Exchange } from './recordings.ts';

const CLIENT_ID = '3f2b8c1e-5d47-4a90-9b6e-000000000004';

/** What the recordings call the identity of the machine. */
const identities = [CLIENT_ID, 'client-id'];

describe('the peer answers as machines of Azure were recorded', needs('recordings'), () => {
  test.for(['without a header', 'of a virtual machine', 'of App Service'].entries().toArray())('%s: %s', async ([index]) => {
    const { request, response } = recordedAt(index);
    const recordedUrl = new URL(request.url.replace(/^https:\/\/\{[\w-]+\}/, 'http://localhost'));
    // Recorders drop secrets from headers.
    const headers = recordedUrl.searchParams.has('clientid') ? { ...request.headers, secret: IDENTITY_HEADER } : request.headers;

    const answer = await ask(recordedUrl.pathname + recordedUrl.search, headers);

    const recorded = { status: response.status, type: response.headers['content-type'], body: shapeOf(response.body) };
    expect(answer).toEqual(recorded);
  });
});

describe('a function app', () => {
  const query = 'api-version=2019-08-01&resource=https://vault.azure.net';

  test('gives a token to whoever knows its header, for its own identities alone', async () => {
    const header = { 'x-identity-header': IDENTITY_HEADER };

    expect(await ask(`/msi/token?${query}&client_id=${CLIENT_ID}`, header)).toMatchObject({ status: 200 });
    expect(await ask(`/msi/token?${query}`, {})).toMatchObject({ status: 400 });
    expect(await ask(`/msi/token?${query}&client_id=${CLIENT_ID.replace('4', '5')}`, header)).toMatchObject({ status: 400 });
  });
});

function recordedAt(index: number): Exchange {
  const exchange = readRecording('entra/managed-identity')[index];
  if (!exchange) throw new Error(`There is no recording ${index}.`);
  return exchange;
}

async function ask(path: string, headers: Record<string, string>) {
  const entra = createEntra([{ id: 'a-tenant', apps: {} }]);
  await using peer = await startHttpPeer(managedIdentityHandler({ entra, identities }));
  const response = await fetch(`${peer.url}${path}`, { headers });
  const body = (await response.json()) as object;
  return { status: response.status, type: response.headers.get('content-type'), body: shapeOf(body) };
}
