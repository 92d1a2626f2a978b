import type { AccessToken, TokenCredential } from '@azure/identity';
import { MINUTE, systemClock } from '../lib/clock.ts';
import { renewed } from '../lib/renewed.ts';

/** A token with less than this left is asked for again. */
const AHEAD = 5 * MINUTE;

interface Kept {
  token: AccessToken | null;
  expiresAt?: Date;
}

/** For a credential that asks anew for whoever comes: a token is kept by scope, and asked for once however many wait. */
export function keptTokens(credential: TokenCredential): TokenCredential {
  const byScope = new Map<string, () => Promise<Kept>>();
  return {
    async getToken(scopes) {
      const key = [scopes].flat().join(' ');
      const ask = byScope.get(key) ?? renewed(() => tokenFor(credential, scopes), { clock: systemClock, ahead: AHEAD });
      byScope.set(key, ask);
      return (await ask()).token;
    },
  };
}

async function tokenFor(credential: TokenCredential, scopes: string | string[]): Promise<Kept> {
  const token = await credential.getToken(scopes);
  return { token, ...(token && { expiresAt: new Date(token.expiresOnTimestamp) }) };
}
