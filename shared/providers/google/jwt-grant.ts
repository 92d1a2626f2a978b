import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { after, HOUR, SECOND } from '../../lib/clock.ts';
import { Secret } from '../../lib/secret.ts';
import type { Login } from '../../oci/login.ts';
import { assertInService, assertNotHtml } from '../../oci/refusals.ts';
import { Refusal } from '../../oci/stages.ts';
import type { MethodContext } from '../provider.ts';
import { readAnswer } from '../read-answer.ts';
import { universeOfKey } from './hosts.ts';
import type { ServiceAccountKey } from './key-file.ts';

/** What a registry wants of an access token: https://cloud.google.com/artifact-registry/docs/docker/authentication#token */
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

const Grant = z.object({ access_token: z.string().min(1), expires_in: z.number().positive().catch(3600) });
const Denial = z.object({ error: z.string(), error_description: z.string().catch('') });

/**
 * Exchanges a key for an access token of an hour. It is always asked of the universe's own token service, whatever the key
 * file says. Throws Refusal, or NetError.
 *
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 */
export async function grantAccessToken(
  { http, clock, signal }: Pick<MethodContext, 'http' | 'clock' | 'signal'>,
  key: ServiceAccountKey,
): Promise<Login> {
  const url = tokenUrlOf(key);
  const now = clock.now();
  const answer = await http.request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: await grantRequest(key, url, now),
    signal,
  });
  const { host } = new URL(url);
  assertInService(answer, host, clock);
  assertNotHtml(answer, host);
  const grant = answer.status === 200 ? readAnswer(Grant, answer) : undefined;
  if (!grant) throw refused(readAnswer(Denial, answer), host, answer.status);
  return {
    username: 'oauth2accesstoken',
    password: new Secret(grant.access_token),
    expiresAt: after(now, grant.expires_in * SECOND),
    scope: 'unrestricted',
  };
}

/** Throws RangeError for a record that was made under other rules. */
function tokenUrlOf({ universe_domain: domain }: ServiceAccountKey): string {
  const universe = universeOfKey(domain);
  if (!universe) throw new RangeError('The key is for a cloud that is not known.');
  return universe.tokenUrl;
}

async function grantRequest(key: ServiceAccountKey, audience: string, now: Date): Promise<Secret> {
  const { SignJWT } = await import('jose/jwt/sign');
  const assertion = await new SignJWT({ scope: SCOPE })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.private_key_id })
    .setIssuer(key.client_email)
    .setAudience(audience)
    .setIssuedAt(now)
    .setExpirationTime(after(now, HOUR))
    .sign(createPrivateKey(key.private_key));
  return new Secret(new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString());
}

/** Google says the same of most mistakes, and tells them apart in its description alone. */
function refused(denial: z.output<typeof Denial> | undefined, host: string, status: number): Refusal {
  const { error = '', error_description: description = '' } = denial ?? {};
  if (error !== 'invalid_grant' && error !== 'unauthorized_client' && error !== 'invalid_client') {
    return new Refusal(
      'misconfigured',
      'GOOGLE_ANSWER',
      `${host} answered ${status}, and not as it should.`,
      'Try again; if it stays, see the status page of Google Cloud.',
    );
  }
  if (/reasonable timeframe|iat and exp/i.test(description)) {
    return new Refusal(
      'unreachable',
      'CLOCK_SKEW',
      'Google refuses requests that are signed at another time than its own.',
      'Set the clock of this service; the key was not judged.',
    );
  }
  if (/account not found/i.test(description)) {
    return new Refusal(
      'invalid_credentials',
      'ACCOUNT_NOT_FOUND',
      'Google knows no service account of this name, or it is disabled.',
      'Look it up in the project; a deleted account can be restored for 30 days.',
    );
  }
  return new Refusal(
    'invalid_credentials',
    'KEY_REFUSED',
    'Google does not accept this key: it was deleted or disabled, or is not a key of this account.',
    'Look up its id under the keys of the account, or make a new key.',
  );
}
