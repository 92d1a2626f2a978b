import type { STSClient } from '@aws-sdk/client-sts';
import { readStsKey, type AwsKey } from '../../lib/aws-key.ts';
import { NetError } from '../../net/net-error.ts';
import { Refusal } from '../../oci/stages.ts';
import type { GuardedSession } from '../../net/guarded.ts';
import type { Identity, MethodContext } from '../provider.ts';
import { accountWarnings } from './caller-identity.ts';
import { awsRefusal } from './refusal.ts';
import { sdkSettings } from './sdk-session.ts';
import { trustHint } from './trust-hint.ts';

/**
 * A quarter of an hour, the least that STS gives: the session makes one login, which outlives it. AWS says that a login is
 * good for 12 hours whoever made it, and those who made it by a role's session (the kubelet does) count on that.
 */
const SECONDS = 900;

/** Of a session's name: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const LONGEST_NAME = 64;

export interface Role {
  roleArn: string;
  region: string;
  /** Of STS. */
  endpoint: string;
}

interface RoleSession {
  key: AwsKey;
  /** Of the session, as AWS's own records name it. */
  arn: string;
}

/** A check asks twice, who it is and for a login: one session serves both. */
const sessions = new WeakMap<GuardedSession, Promise<RoleSession>>();

/**
 * The key of a role that trusts regcred for this project, for a quarter of an hour. The external id keeps a project from
 * having regcred take a role that trusts another one. Throws Refusal and NetError.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
 */
export async function assumedRoleKey(context: MethodContext, role: Role): Promise<AwsKey> {
  return (await sessionOf(context, role)).key;
}

/** Whose login it is. Nothing of it ends: a session is made for each login. Throws Refusal and NetError. */
export async function identifyRole(context: MethodContext, role: Role, registryAccount?: string): Promise<Identity> {
  const { arn } = await sessionOf(context, role);
  const [, , , , account] = role.roleArn.split(':');
  return { username: arn, warnings: account === undefined ? [] : accountWarnings(account, registryAccount) };
}

function sessionOf(context: MethodContext, role: Role): Promise<RoleSession> {
  const known = sessions.get(context.http) ?? assume(context, role);
  sessions.set(context.http, known);
  return known;
}

async function assume(context: MethodContext, { roleArn, region, endpoint }: Role): Promise<RoleSession> {
  const { cloud, signal } = context;
  const [own, externalId] = await Promise.all([cloud.aws(), cloud.externalId()]);
  const { STSClient, AssumeRoleCommand } = await import('@aws-sdk/client-sts');
  const client = new STSClient(sdkSettings(context, own, region, endpoint));
  const command = new AssumeRoleCommand({
    RoleArn: roleArn,
    ExternalId: externalId,
    RoleSessionName: `regcred-${cloud.project}`.slice(0, LONGEST_NAME),
    DurationSeconds: SECONDS,
  });
  const { Credentials, AssumedRoleUser } = await client.send(command, { abortSignal: signal }).catch(async (error: unknown) => {
    throw await refusalOf(error, { client, own, roleArn, externalId, signal });
  });
  const key = readStsKey(Credentials);
  if (key) return { key, arn: AssumedRoleUser?.Arn ?? roleArn };
  throw new Refusal(
    'misconfigured',
    'AWS_ANSWER',
    'STS answered without a key.',
    'Try again; if it stays, see the AWS Health Dashboard.',
  );
}

interface Attempt {
  client: STSClient;
  own: AwsKey;
  roleArn: string;
  externalId: string;
  signal: AbortSignal;
}

async function refusalOf(error: unknown, { client, own, roleArn, externalId, signal }: Attempt): Promise<Error> {
  const refusal = awsRefusal(error, 'sts:AssumeRole');
  if (!(refusal instanceof Refusal)) return refusal;
  if (refusal.verdict === 'insufficient_permission') {
    return new Refusal(
      'insufficient_permission',
      'ROLE_NOT_ASSUMED',
      'AWS does not let this service take the role: it is not there, or does not trust this service for this project.',
      trustHint({ roleArn, externalId, principal: own.owner ?? (await ownArn(client, signal)) }),
    );
  }
  const isAboutKey = refusal.verdict === 'invalid_credentials' || refusal.verdict === 'expired';
  return isAboutKey ? ownKeyRefused(refusal) : refusal;
}

/** Whose key asked, for the hint alone: that it is not known is no reason to say less about the role. */
async function ownArn(client: STSClient, signal: AbortSignal): Promise<string | undefined> {
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  try {
    return (await client.send(new GetCallerIdentityCommand({}), { abortSignal: signal })).Arn;
  } catch (error) {
    const refusal = awsRefusal(error, 'sts:GetCallerIdentity');
    if (refusal instanceof Refusal || refusal instanceof NetError) return undefined;
    throw error;
  }
}

function ownKeyRefused({ message }: Refusal): Refusal {
  return new Refusal(
    'misconfigured',
    'OWN_KEY_REFUSED',
    `AWS does not take the key of this service. ${message}`,
    "Let the operator check REGCRED_AWS_ROLE_ARN or AWS_ACCESS_KEY_ID, that it is of the registry's part of AWS, and that its account has enabled the registry's region.",
  );
}
