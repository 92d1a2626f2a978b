import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleApp } from '../../../infra/local/bundle.ts';
import { startHttpPeer } from '../../peers/http-peer.ts';
import { startRegistry } from '../../peers/registry.ts';
import { startService } from '../../service.ts';

describe('the service, as it is deployed', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'regcred-built-'));
    await bundleApp(resolve(import.meta.dirname, '../../..'), root);
  });
  afterAll(() => rm(root, { recursive: true }));

  test('proves a login, which takes libraries that are loaded on first use', async () => {
    await using registry = await startRegistry({ users: { ci: 'right-password' } });
    await using service = await startService({ root });
    const login = { name: 'CI', url: registry.url, username: 'ci' };

    const refused = await service.post('/api/projects/default/credentials', { ...login, password: 'wrong-password' });
    const stored = await service.post('/api/projects/default/credentials', { ...login, password: 'right-password' });

    expect(refused).toMatchObject({ status: 422, json: { code: 'CREDENTIAL_REJECTED' } });
    expect(stored).toMatchObject({ status: 201, json: { status: { standing: 'accepted' } } });
  });

  test('fetches the keys of an issuer, which goes through the other door', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const keys = [await exportJWK(publicKey)];
    await using issuer = await startHttpPeer((_request, response) => response.end(JSON.stringify({ keys })));
    await using service = await startService({
      root,
      policy: { issuers: [{ issuer: issuer.url, audience: 'regcred', jwks: `${issuer.url}/keys` }] },
    });
    const token = await new SignJWT({ iss: issuer.url, aud: 'regcred', sub: 'ci' })
      .setProtectedHeader({ alg: 'ES256' })
      .setExpirationTime('1h')
      .sign(privateKey);

    const reply = await service.get('/api/providers', { as: token });

    expect(reply.status).toBe(200);
  });
});
