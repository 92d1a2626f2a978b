import type { AwsKey } from '../lib/aws-key.ts';
import { partitionOfArn } from '../lib/aws-partition.ts';
import { MINUTE } from '../lib/clock.ts';
import type { Clock } from '../lib/clock.ts';
import { renewed } from '../lib/renewed.ts';
import { Secret } from '../lib/secret.ts';
import type { Operator } from '../net/operator.ts';
import type { FederationToken } from './federation-token.ts';
import { IdentityError } from './identity-error.ts';
import { assumeWithWebIdentity } from './web-identity.ts';

/** So long before its end a key is replaced: AWS's clients ask for another one five minutes before. */
const AHEAD = 10 * MINUTE;

/** Milliseconds in which Entra ID and STS must have answered. */
const LIMIT = 20_000;

/** What of the settings says who regcred is to AWS. */
export interface AwsIdentitySettings {
  inAzure: boolean;
  awsRoleArn?: string;
  awsRegion?: string;
}

interface Parts {
  operator: Operator;
  clock: Clock;
  federationToken: (signal: AbortSignal) => Promise<FederationToken>;
}

/**
 * Who regcred is to AWS: outside Azure the key of the environment, if it names one; else its role, for a token of Entra
 * ID. What is answered throws IdentityError.
 */
export function awsIdentity(environment: NodeJS.ProcessEnv, settings: AwsIdentitySettings, parts: Parts): () => Promise<AwsKey> {
  const mistake = awsIdentityMistake(environment, settings);
  const key = awsKeyOf(environment);
  if (key && !mistake) return async () => key;
  const { awsRoleArn: roleArn } = settings;
  if (mistake || !roleArn) {
    return () => Promise.reject(new IdentityError('AWS_IDENTITY_MISSING', 'This service has no identity in AWS.', `${mistake}.`));
  }
  const region = settings.awsRegion ?? partitionOfArn(roleArn)?.region ?? 'us-east-1';
  return renewed(() => assumeOwnRole({ roleArn, region }, parts), { clock: parts.clock, ahead: AHEAD });
}

/** What keeps regcred from having an identity in AWS, with the name of the setting; undefined: nothing. */
export function awsIdentityMistake(
  environment: NodeJS.ProcessEnv,
  { inAzure, awsRoleArn }: AwsIdentitySettings,
): string | undefined {
  const key = awsKeyOf(environment);
  if (inAzure && key)
    return 'AWS_ACCESS_KEY_ID: a key that does not end has no place in Azure; remove it, and name a role in REGCRED_AWS_ROLE_ARN';
  if (!awsRoleArn && inAzure)
    return 'REGCRED_AWS_ROLE_ARN: is missing: the role of AWS that this service takes by its identity in Azure';
  if (!awsRoleArn && !key)
    return 'REGCRED_AWS_ROLE_ARN: is missing: the role of AWS that this service takes by its identity in Entra ID; or give a key as AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY';
  return undefined;
}

/** The key that the environment names by AWS's own variables; undefined if it names none. Files of the machine are not read. */
function awsKeyOf(environment: NodeJS.ProcessEnv): AwsKey | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = environment;
  if (!accessKeyId || !secret) return undefined;
  return { accessKeyId, secretAccessKey: new Secret(secret), ...(token && { sessionToken: new Secret(token) }) };
}

async function assumeOwnRole(role: { roleArn: string; region: string }, { operator, federationToken }: Parts): Promise<AwsKey> {
  const signal = AbortSignal.timeout(LIMIT);
  const key = await assumeWithWebIdentity({ ...role, token: await federationToken(signal) }, { operator, signal });
  return { ...key, owner: role.roleArn };
}
