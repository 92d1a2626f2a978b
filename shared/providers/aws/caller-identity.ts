import type { AwsKey } from '../../lib/aws-key.ts';
import { DAY } from '../../lib/clock.ts';
import { NetError } from '../../net/net-error.ts';
import { Refusal } from '../../oci/stages.ts';
import type { Warning } from '../../oci/stages.ts';
import type { Identity, MethodContext } from '../provider.ts';
import { readKeyRecord, type KeyRecord } from './key-record.ts';
import { awsRefusal } from './refusal.ts';
import { sdkSettings } from './sdk-session.ts';

const LASTING: Warning = {
  code: 'NEVER_EXPIRES',
  detail: 'Access keys never expire: whoever gets hold of this one can use it until it is made inactive.',
  hint: 'Make a new key from time to time, give it here, and delete the old one.',
};

/** What AWS itself advises: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-3 */
const OLD_DAYS = 90;

const UNKNOWN: Warning = {
  code: 'IDENTITY_UNKNOWN',
  detail: 'AWS did not say whose key it is.',
  hint: 'Check it again later.',
};

export interface CallerQuestion {
  key: AwsKey;
  region: string;
  /** Of STS. */
  endpoint: string;
  /** The account that owns the registry, where its name tells. */
  account?: string;
}

/**
 * Whose key it is, and how old. The question needs no permission, so that a "no" means the key itself; that STS is down
 * means nothing, because minting asks AWS again. IAM is asked beside it, and never missed. Throws Refusal for a key that AWS does not accept.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export async function identifyCaller(context: MethodContext, question: CallerQuestion): Promise<Identity> {
  const { key, region, account } = question;
  const [caller, record] = await Promise.all([askCaller(context, question), readKeyRecord(context, key, region)]);
  const who = caller ? [...rootWarnings(caller), ...accountWarnings(caller.account, account)] : [UNKNOWN];
  return {
    upstreamId: key.accessKeyId,
    ...(caller && { username: caller.arn }),
    ...(record && { issuedAt: record.createdAt }),
    warnings: [LASTING, ...who, ...(record ? recordWarnings(record, context.clock.now()) : [])],
  };
}

interface Caller {
  account: string;
  arn: string;
}

async function askCaller(context: MethodContext, { key, region, endpoint }: CallerQuestion): Promise<Caller | undefined> {
  const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const client = new STSClient(sdkSettings(context, key, region, endpoint));
  try {
    const { Account: account, Arn: arn } = await client.send(new GetCallerIdentityCommand({}), { abortSignal: context.signal });
    return account && arn ? { account, arn } : undefined;
  } catch (error) {
    const refusal = awsRefusal(error, 'sts:GetCallerIdentity');
    if (saysNothing(refusal)) return undefined;
    throw refusal;
  }
}

function saysNothing(error: Error): boolean {
  if (error instanceof NetError) return true;
  return error instanceof Refusal && error.verdict !== 'invalid_credentials' && error.verdict !== 'expired';
}

function recordWarnings({ createdAt, isActive }: KeyRecord, now: Date): Warning[] {
  const warnings: Warning[] = [];
  const days = Math.floor((now.getTime() - createdAt.getTime()) / DAY);
  if (days > OLD_DAYS) {
    warnings.push({
      code: 'OLD_KEY',
      detail: `The key was made on ${createdAt.toISOString().slice(0, 10)}, ${days} days ago.`,
      hint: 'Make a new key for its user, give it here, and delete the old one.',
    });
  }
  if (!isActive) {
    warnings.push({
      code: 'KEY_INACTIVE',
      detail: 'IAM says that the key is inactive: it works for a moment more, at most.',
      hint: 'Make it active again, or give another key.',
    });
  }
  return warnings;
}

function rootWarnings({ arn }: Caller): Warning[] {
  if (!arn.endsWith(':root')) return [];
  return [
    {
      code: 'ROOT_KEY',
      detail: 'It is a key of the root user: it may do everything in its account.',
      hint: 'Make a user in IAM that may only do what this is for, and delete the key of the root user.',
    },
  ];
}

/** Whoever logs in is of this account; `registryAccount` owns the registry, undefined: that is not known. */
export function accountWarnings(account: string, registryAccount: string | undefined): Warning[] {
  if (registryAccount === undefined || account === registryAccount) return [];
  return [
    {
      code: 'OTHER_ACCOUNT',
      detail: `It belongs to account ${account}, the registry to ${registryAccount}.`,
      hint: "That works where the repositories' own policies let that account in; else use one of the registry's account.",
    },
  ];
}
