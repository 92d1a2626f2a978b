import { LRUCache } from 'lru-cache';
import type { AwsKey } from '../../lib/aws-key.ts';
import { partitionOfRegion } from '../../lib/aws-partition.ts';
import { HOUR } from '../../lib/clock.ts';
import { NetError } from '../../net/net-error.ts';
import { Refusal } from '../../oci/stages.ts';
import type { MethodContext } from '../provider.ts';
import { awsRefusal } from './refusal.ts';
import { sdkSettings } from './sdk-session.ts';

/** What IAM keeps of an access key. */
export interface KeyRecord {
  createdAt: Date;
  isActive: boolean;
}

/** Milliseconds that a check waits for what it can do without. */
const LIMIT = 1_500;

/** Keys that may not ask about themselves. Most may not, so they are left alone for some hours, in this process. */
const silent = new LRUCache<string, true>({ max: 1_000, ttl: 6 * HOUR });

/**
 * What IAM says of a key, where the key may read itself (`iam:ListAccessKeys` on its own user). Undefined: nothing, for
 * whatever reason of theirs. It never throws for what others answer, and is over soon.
 *
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html
 */
export async function readKeyRecord(context: MethodContext, key: AwsKey, region: string): Promise<KeyRecord | undefined> {
  if (silent.has(key.accessKeyId)) return undefined;
  try {
    return await listOwnKeys(context, key, region);
  } catch (error) {
    const refusal = awsRefusal(error, 'iam:ListAccessKeys');
    if (!(refusal instanceof Refusal || refusal instanceof NetError)) throw refusal;
    if (refusal instanceof Refusal && refusal.verdict === 'insufficient_permission') silent.set(key.accessKeyId, true);
    return undefined;
  }
}

async function listOwnKeys(context: MethodContext, key: AwsKey, region: string): Promise<KeyRecord | undefined> {
  const { http, clock } = context;
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(LIMIT)]);
  const { iam, region: signedFor } = partitionOfRegion(region);
  const { IAMClient, ListAccessKeysCommand } = await import('@aws-sdk/client-iam');
  const client = new IAMClient(sdkSettings({ http, clock, signal }, key, signedFor, iam));
  const { AccessKeyMetadata = [] } = await client.send(new ListAccessKeysCommand({}), { abortSignal: signal });
  const found = AccessKeyMetadata.find(({ AccessKeyId }) => AccessKeyId === key.accessKeyId);
  return found?.CreateDate && { createdAt: found.CreateDate, isActive: found.Status !== 'Inactive' };
}
