import { describe, expect, test } from 'vitest';
import { createArm } from './arm.ts';
import { createEntra } from './entra.ts';
import { startHttpPeer } from './http-peer.ts';
import { needs } from './need.ts';
import { readRecording, shapeOf, type Exchange } from './recordings.ts';

const HOST = 'management.azure.com';
const ID =
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/clitest.rg000001/providers/Microsoft.ContainerRegistry/registries/clireg000002';
const READER = 'a-reader';

describe('the peer answers as Azure Resource Manager was recorded', needs('recordings'), () => {
  test('a registry', async () => {
    const exchange = find(
      'acr-arm/registry-create-get',
      ({ request }) => request.method === 'GET' && request.url.includes('2026-09-01'),
    );

    const answer = await ask(new URL(exchange.request.url.replace('{arm}', HOST)), READER);

    expect(answer).toEqual({ status: 200, body: shapeOf(exchange.response.body) });
  });

  test.for([
    { what: 'a registry that is not there', path: ID.replace('clireg', 'another'), as: READER, status: 404 },
    { what: 'one that must not be read', path: ID, as: 'somebody', status: 403 },
    { what: 'a token that it does not know', path: ID, as: undefined, status: 401 },
  ])('$what', async ({ path, as, status }) => {
    const exchange = find('acr-arm/errors', ({ response }) => response.status === status);

    const answer = await ask(new URL(`https://${HOST}${path}?api-version=2025-11-01`), as);

    expect(answer).toEqual({ status, body: shapeOf(exchange.response.body) });
  });
});

function find(recording: string, isIt: (exchange: Exchange) => boolean): Exchange {
  const exchange = readRecording(recording).find(isIt);
  if (!exchange) throw new Error(`${recording} has no such exchange.`);
  return exchange;
}

async function ask({ pathname, search }: URL, clientId: string | undefined) {
  const entra = createEntra([{ id: 'a-tenant', apps: {} }]);
  const token = clientId && entra.tokenFor(clientId, `https://${HOST}`);
  const registries = [{ id: ID, loginServer: 'clireg000002.azurecr.io', readers: [READER] }];
  await using peer = await startHttpPeer(createArm({ entra, host: HOST, registries }));
  const response = await fetch(`${peer.url}${pathname}${search}`, { headers: { authorization: `Bearer ${token ?? 'unknown'}` } });
  return { status: response.status, body: shapeOf(await response.json()) };
}
