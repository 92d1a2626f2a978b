import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Action } from '../../shared/oci/stages.ts';
import { createAuthority } from '../peers/certificates.ts';
import { needs } from '../peers/need.ts';
import { startRealRegistry } from '../peers/real-registry.ts';
import type { RealRegistry } from '../peers/real-registry.ts';
import { startTokenServer } from '../peers/token-server.ts';
import type { TokenServer } from '../peers/token-server.ts';
import { probing, summary } from './probing.ts';

const ALL: Action[] = ['pull', 'push', 'delete'];
const repositories = [{ name: 'team/app', actions: ALL }];
const admin = { username: 'alice', password: 'right' };

describe("Debian's docker-registry with passwords", needs('registry', 'skopeo'), () => {
  let registry: RealRegistry;
  beforeAll(async () => {
    registry = await startRealRegistry({ auth: { users: { alice: 'right', 'bob.x': 'pä:ss "w%' } } });
    await registry.pushImage({ repository: 'team/app', ...admin });
  });
  afterAll(() => registry[Symbol.asyncDispose]());

  test('takes a right login, and shows what it may do', async () => {
    const result = await probing(registry, { ...admin, repositories: [...repositories, { name: 'no/such', actions: ['pull'] }] });

    expect(result).toMatchObject({ verdict: 'valid', leavesBehind: [] });
    expect(result.capabilities).toMatchObject([
      { repository: 'team/app', pull: 'yes', push: 'yes', delete: 'unknown' },
      { repository: 'no/such', pull: 'unknown' },
    ]);
  });

  test('takes a password with characters that need care', async () => {
    expect((await probing(registry, { username: 'bob.x', password: 'pä:ss "w%' })).verdict).toBe('valid');
  });

  test.for([
    ['alice', 'wrong'],
    ['nobody', 'right'],
  ])('refuses %s with %s', async ([username = '', password = '']) => {
    const result = await probing(registry, { username, password });

    expect(result.verdict).toBe('invalid_credentials');
    expect(summary(result)).toContain('access:failed(LOGIN_REFUSED)');
  });
});

describe("Debian's docker-registry with TLS under an own authority", needs('registry'), () => {
  const authority = createAuthority();
  let registry: RealRegistry;
  beforeAll(async () => {
    registry = await startRealRegistry({ auth: { users: { alice: 'right' } }, tls: authority.issue({ hosts: ['127.0.0.1'] }) });
  });
  afterAll(() => registry[Symbol.asyncDispose]());

  test('is valid under that authority', async () => {
    const result = await probing(registry, { session: { tls: 'custom-ca', ca: authority.pem } });

    expect(result.verdict).toBe('valid');
    expect(summary(result)).toMatch(/^dns:ok connect:ok tls:ok ping:ok/);
  });

  test('is unreachable without it', async () => {
    const result = await probing(registry);

    expect(result.verdict).toBe('unreachable');
    expect(summary(result)).toBe('dns:ok connect:ok tls:failed(TLS_UNKNOWN_CA)');
  });

  test('is told apart from a registry without TLS', async () => {
    const result = await probing({ url: `http://${registry.host}` });

    // It answers 400 to plain http.
    expect(result.verdict).toBe('misconfigured');
  });
});

describe.for(['RS256', 'ES256'] as const)(
  "Debian's docker-registry with tokens signed by %s",
  needs('registry', 'skopeo'),
  (algorithm) => {
    const authority = createAuthority();
    const tls = authority.issue({ hosts: ['127.0.0.1'] });
    let tokenServer: TokenServer;
    let registry: RealRegistry;
    const asking = () => ({ policy: { ca: authority.pem }, tokenRealm: tokenServer.realm });

    beforeAll(async () => {
      const users = { alice: 'right', puller: { password: 'right', grants: { 'team/app': ['pull'] } } };
      tokenServer = await startTokenServer({ users, algorithm, tls });
      registry = await startRealRegistry({ auth: { tokenServer }, tls });
      await registry.pushImage({ repository: 'team/app', ca: authority.pem, ...admin });
    });
    afterAll(async () => {
      await registry[Symbol.asyncDispose]();
      await tokenServer[Symbol.asyncDispose]();
    });

    test('takes a right login', async () => {
      const result = await probing(registry, { ...asking(), repositories });

      expect(result).toMatchObject({
        verdict: 'valid',
        capabilities: [{ pull: 'yes', push: 'yes', delete: 'yes' }],
        leavesBehind: [],
      });
      expect(summary(result)).toBe('dns:ok connect:ok tls:ok ping:ok challenge:ok realm:ok identity:ok token:ok access:ok');
    });

    test('shows that a login may only pull', async () => {
      const result = await probing(registry, { ...asking(), username: 'puller', repositories });

      expect(result).toMatchObject({ verdict: 'valid', capabilities: [{ pull: 'yes', push: 'no', delete: 'no' }] });
    });

    test('refuses a wrong password', async () => {
      const result = await probing(registry, { ...asking(), password: 'wrong' });

      expect(result.verdict).toBe('invalid_credentials');
      expect(summary(result)).toContain('token:failed(LOGIN_REFUSED)');
    });

    test('sends nothing to its token service unless that is named', async () => {
      const before = tokenServer.requests.length;

      const result = await probing(registry, { ...asking(), tokenRealm: 'https://another.example.com/token' });

      expect(result.verdict).toBe('blocked_by_policy');
      expect(tokenServer.requests).toHaveLength(before);
    });
  },
);
