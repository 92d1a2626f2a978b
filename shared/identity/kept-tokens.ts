import type { AccessToken, TokenCredential } from '@azure/identity';
import { MINUTE } from '../lib/clock.ts';

/** A token with less than this left is asked for again. */
const LAST_MINUTES = 5 * MINUTE;

/** For a credential that starts a process for each token: one is kept by scope, and asked for once however many wait. */
export function keptTokens(credential: TokenCredential): TokenCredential {
  const tokens = new Map<string, Promise<AccessToken | null>>();
  return {
    async getToken(scopes) {
      const key = [scopes].flat().join(' ');
      const known = tokens.get(key);
      if (known && isGood(await known.catch(() => null))) return known;
      // Who waited for the same one finds that somebody else has asked by now.
      if (tokens.get(key) === known) tokens.set(key, credential.getToken(scopes));
      return tokens.get(key) ?? null;
    },
  };
}

function isGood(token: AccessToken | null): boolean {
  return token !== null && token.expiresOnTimestamp - Date.now() > LAST_MINUTES;
}
