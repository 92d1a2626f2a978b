import { Refusal } from './stages.ts';

/** Who may be asked for a token, and so see the login. */
export interface RealmRules {
  /** The registry's own. */
  origin: string;
  /** The provider's known token services. */
  isTrustedRealm: (realm: URL) => boolean;
  /** The token service that the credential names; without a path: all of that origin. */
  tokenRealm?: string;
}

/**
 * The token service of a challenge, if a login may be sent there. The registry names it, and a registry that turned bad, or
 * an answer from somewhere else, would else have logins sent to itself (CVE-2020-15157, CVE-2026-33540). The same domain is
 * not enough: all tenants of a cloud share one. Throws Refusal `blocked_by_policy`, before anything is sent.
 */
export function trustedRealm(text: string, rules: RealmRules): URL {
  const realm = URL.parse(text);
  if (!realm) {
    throw new Refusal(
      'misconfigured',
      'REALM_NOT_A_URL',
      'The registry names a token service that is not a URL.',
      'Check the realm that the registry is configured with.',
    );
  }
  if (!realm.username && !realm.password && isTrusted(realm, rules)) return realm;
  throw new Refusal(
    'blocked_by_policy',
    'REALM_NOT_TRUSTED',
    `The registry sends logins to ${nameOf(realm)}, which is not known to belong to it. Nothing was sent there.`,
    'If that is its token service, say so with tokenRealm; else check the address of the registry.',
  );
}

/** The registry's own origin may speak plain http, if the operator allowed that; nobody else. */
function isTrusted(realm: URL, { origin, isTrustedRealm, tokenRealm }: RealmRules): boolean {
  if (realm.origin === origin) return true;
  if (realm.protocol !== 'https:') return false;
  return isTrustedRealm(realm) || isNamed(realm, tokenRealm);
}

function isNamed(realm: URL, tokenRealm: string | undefined): boolean {
  const named = tokenRealm === undefined ? null : URL.parse(tokenRealm);
  return named?.origin === realm.origin && (named.pathname === '/' || named.pathname === realm.pathname);
}

/** For people: no user info and no query, which could hold secrets, and of bearable length. `URL` has encoded the rest. */
function nameOf({ protocol, host, pathname }: URL): string {
  const name = `${protocol}//${host}${pathname}`;
  return name.length > 200 ? `${name.slice(0, 200)}...` : name;
}
