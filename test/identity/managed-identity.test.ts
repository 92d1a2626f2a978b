import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { managedIdentity } from '../../shared/identity/azure.ts';
import { requestEntraToken } from '../../shared/identity/entra-token.ts';
import { vaultFailure } from '../../shared/stores/secrets/key-vault-failure.ts';
import { startHttpPeer, type HttpPeer } from '../peers/http-peer.ts';

const CLIENT_ID = '3f2b8c1e-5d47-4a90-9b6e-000000000004';
const VAULT = 'https://vault.azure.net/.default';
const LIMIT = 200;

let platform: HttpPeer;
let answer: (response: ServerResponse) => void;
// The library looks for its platform once in a process.
beforeAll(async () => {
  platform = await startHttpPeer((_request, response) => answer(response));
  vi.stubEnv('IDENTITY_ENDPOINT', `${platform.url}/msi/token`);
  vi.stubEnv('IDENTITY_HEADER', 'a-header-of-the-platform');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await platform[Symbol.asyncDispose]();
});

/** As the platform does it. */
function giveToken(response: ServerResponse): void {
  const expires_on = String(Math.floor(Date.now() / 1000) + 86_400);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ access_token: 'a-token', expires_on, resource: 'r', token_type: 'Bearer' }));
}

test('an endpoint that never answers is an outage, also for a store that sets no limit', async () => {
  answer = () => {};
  const credential = await managedIdentity(CLIENT_ID, LIMIT);

  const error = await credential.getToken(VAULT).catch((error: unknown) => error);
  const asked = requestEntraToken(credential, VAULT, AbortSignal.timeout(10_000));

  expect(vaultFailure(error)).toMatchObject({ code: 'STORE_UNAVAILABLE', cause: { code: 'IDENTITY_TIMEOUT' } });
  await expect(asked).rejects.toMatchObject({ code: 'ENTRA_DOWN', isOutage: true });
});

test('is asked once, however many wait for a token', async () => {
  answer = giveToken;
  const before = platform.requests.length;
  const credential = await managedIdentity(CLIENT_ID);

  const tokens = await Promise.all(
    Array.from({ length: 50 }, () => credential.getToken('https://management.azure.com/.default')),
  );

  expect(new Set(tokens.map((token) => token?.token))).toEqual(new Set(['a-token']));
  expect(platform.requests.length - before).toBe(1);
});
