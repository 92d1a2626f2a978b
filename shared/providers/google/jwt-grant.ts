import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { after, HOUR, SECOND } from '../../lib/clock.ts';
import type { Login } from '../../oci/login.ts';
import { Refusal } from '../../oci/stages.ts';
import { readAnswer } from '../read-answer.ts';
import { accessTokenLogin, accountNotFound, notAsItShould, postToGoogle, SCOPE, type GoogleContext } from './google-api.ts';
import { universeOfKey } from './hosts.ts';
import type { ServiceAccountKey } from './key-file.ts';

const Grant = z.object({ access_token: z.string().min(1), expires_in: z.number().positive().catch(3600) });
const Denial = z.object({ error: z.string(), error_description: z.string().catch('') });

/**
 * Exchanges a key for an access token of an hour. It is always asked of the universe's own token service, whatever the key
 * file says. Throws Refusal, or NetError.
 *
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 */
export async function grantAccessToken(context: GoogleContext, key: ServiceAccountKey): Promise<Login> {
  const url = tokenUrlOf(key);
  const now = context.clock.now();
  const answer = await postToGoogle(context, url, await grantRequest(key, url, now));
  const grant = answer.status === 200 ? readAnswer(Grant, answer) : undefined;
  if (grant) return accessTokenLogin(grant.access_token, after(now, grant.expires_in * SECOND));
  throw refused(readAnswer(Denial, answer)) ?? notAsItShould(url, answer);
}

/** Throws RangeError for a record that was made under other rules. */
function tokenUrlOf({ universe_domain: domain }: ServiceAccountKey): string {
  const universe = universeOfKey(domain);
  if (!universe) throw new RangeError('The key is for a cloud that is not known.');
  return universe.tokenUrl;
}

async function grantRequest(key: ServiceAccountKey, audience: string, now: Date): Promise<URLSearchParams> {
  const { SignJWT } = await import('jose/jwt/sign');
  const assertion = await new SignJWT({ scope: SCOPE })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.private_key_id })
    .setIssuer(key.client_email)
    .setAudience(audience)
    .setIssuedAt(now)
    .setExpirationTime(after(now, HOUR))
    .sign(createPrivateKey(key.private_key));
  return new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
}

/** Google says the same of most mistakes, and tells them apart in its description alone. Undefined: not known. */
function refused(denial: z.output<typeof Denial> | undefined): Refusal | undefined {
  const { error = '', error_description: description = '' } = denial ?? {};
  if (error !== 'invalid_grant' && error !== 'unauthorized_client' && error !== 'invalid_client') return undefined;
  if (/reasonable timeframe|iat and exp/i.test(description)) {
    return new Refusal(
      'unreachable',
      'CLOCK_SKEW',
      'Google refuses requests that are signed at another time than its own.',
      'Set the clock of this service; the key was not judged.',
    );
  }
  if (/account not found/i.test(description)) return accountNotFound();
  return new Refusal(
    'invalid_credentials',
    'KEY_REFUSED',
    'Google does not accept this key: it was deleted or disabled, or is not a key of this account.',
    'Look up its id under the keys of the account, or make a new key.',
  );
}
