import { NetError } from '../../net/net-error.ts';
import { Refusal } from '../../oci/stages.ts';
import type { Warning } from '../../oci/stages.ts';
import { expiryWarnings } from '../expiry.ts';
import type { Identity, MethodContext } from '../provider.ts';
import { universeOfHost, universeOfKey } from './hosts.ts';
import { grantAccessToken } from './jwt-grant.ts';
import { keyExpiry } from './key-expiry.ts';
import type { ServiceAccountKey } from './key-file.ts';

const GOOGLE_DOWN: Warning = {
  code: 'GOOGLE_DOWN',
  detail: "Google's token service could not be asked about the key; the registry decided alone.",
  hint: 'Check it again later.',
};

/**
 * What Google says of a key. With `grants`, the login itself is made by the token service, which need not be asked twice.
 * Throws Refusal for a key that has ended, that Google does not accept, or that belongs to another cloud than the registry.
 */
export async function identifyKey(context: MethodContext, key: ServiceAccountKey, grants: boolean): Promise<Identity> {
  assertSameUniverse(context, key);
  const end = await keyExpiry(context, key);
  if (end instanceof Date && end <= context.clock.now()) throw ended(end);
  const identity: Identity = {
    username: key.client_email,
    upstreamId: key.private_key_id,
    warnings: end === undefined ? [] : expiryWarnings(end === 'never' ? undefined : end, context.clock),
    ...(end instanceof Date && { expiresAt: end }),
  };
  if (grants || (await isGranted(context, key))) return identity;
  return { ...identity, warnings: [...(identity.warnings ?? []), GOOGLE_DOWN], provesNothing: true };
}

/** False: nobody could be asked. Throws Refusal for a clear no. */
async function isGranted(context: MethodContext, key: ServiceAccountKey): Promise<boolean> {
  try {
    await grantAccessToken(context, key);
    return true;
  } catch (error) {
    if (error instanceof NetError) return false;
    if (error instanceof Refusal && error.verdict !== 'invalid_credentials') return false;
    throw error;
  }
}

function assertSameUniverse({ registry }: MethodContext, key: ServiceAccountKey): void {
  if (universeOfHost(registry.host) === universeOfKey(key.universe_domain)) return;
  throw new Refusal(
    'invalid_credentials',
    'OTHER_UNIVERSE',
    'The key is for another cloud than the registry.',
    'Check the address, and universe_domain in the key file.',
  );
}

function ended(end: Date): Refusal {
  return new Refusal(
    'expired',
    'KEY_EXPIRED',
    `The key ended at ${end.toISOString()}.`,
    'Make a new key for the service account.',
  );
}
