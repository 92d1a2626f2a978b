import { describe, expect, test } from 'vitest';
import { trustedRealm } from '../../shared/oci/realm.ts';

const rules = {
  origin: 'https://registry.example.com',
  isTrustedRealm: ({ host, pathname }: URL) => host === 'auth.known.example' && pathname === '/token',
  tokenRealm: 'https://auth.named.example/service/token',
};

const refused = (realm: string) => () => trustedRealm(realm, rules);

describe('a realm', () => {
  test.for([
    'https://registry.example.com/any/path',
    'https://registry.example.com:443/token?x=1',
    'https://REGISTRY.example.com/token',
    'https://auth.known.example/token',
    'https://auth.named.example/service/token',
    'https://auth.named.example/service/token?account=a',
  ])('%s may see the login', (realm) => {
    expect(trustedRealm(realm, rules).href).toContain('https://');
  });

  test.for([
    'http://registry.example.com/token',
    'https://registry.example.com:8443/token',
    'https://registry.example.com.evil.example/token',
    'https://registry.example.com@evil.example/token',
    'https://user:pw@registry.example.com/token',
    'https://example.com/token',
    'https://auth.named.example/other',
    'http://auth.named.example/service/token',
    'http://auth.known.example/token',
    'http://169.254.169.254/x',
    'https://0.0.0.0/',
    'https://2130706433/',
    'file:///etc/passwd',
    'javascript:alert(1)',
  ])('%s may not', (realm) => {
    expect(() => trustedRealm(realm, rules)).toThrow(
      expect.objectContaining({ verdict: 'blocked_by_policy', code: 'REALM_NOT_TRUSTED' }),
    );
  });

  test('a named origin without a path stands for all of it', () => {
    expect(trustedRealm('https://auth.example.org/a/b', { ...rules, tokenRealm: 'https://auth.example.org' }).pathname).toBe(
      '/a/b',
    );
  });

  test('a plain http one may not see it, though the credential names it', () => {
    const realm = 'http://auth.example.org/token';

    expect(() => trustedRealm(realm, { ...rules, tokenRealm: realm })).toThrow(
      expect.objectContaining({ code: 'REALM_NOT_TRUSTED' }),
    );
  });

  test('a registry that may speak plain http may be its own token service', () => {
    expect(trustedRealm('http://localhost:5000/token', { ...rules, origin: 'http://localhost:5000' }).port).toBe('5000');
  });

  test('the refusal names it, without what could be a secret, and not at any length', () => {
    expect(refused('https://evil.example/token?x=canary')).toThrow('https://evil.example/token,');
    expect(refused('https://evil.example/token?x=canary')).not.toThrow('canary');
    expect(refused('https://canary:canary@evil.example/')).not.toThrow('canary');
    expect(refused(`https://evil.example/${'x'.repeat(5000)}`)).not.toThrow('x'.repeat(300));
  });

  test.for(['', '/token', 'not a url'])('%j is a mistake of the registry', (realm) => {
    expect(() => trustedRealm(realm, rules)).toThrow(
      expect.objectContaining({ verdict: 'misconfigured', code: 'REALM_NOT_A_URL' }),
    );
  });
});
