import type { SecretsManager } from '@aws-sdk/client-secrets-manager';
import type { SecretStore } from '../../domain/ports.ts';
import { signingKey, type AwsKey } from '../../lib/aws-key.ts';
import { partitionOfRegion } from '../../lib/aws-partition.ts';
import { AppError } from '../../lib/errors.ts';
import { Secret } from '../../lib/secret.ts';
import type { AwsHttpHandler } from '../../net/aws-http-handler.ts';
import { checkedSecretStore, type Draft } from './checked-secret-store.ts';
import { isNamed, secretsManagerFailure } from './secrets-manager-failure.ts';
import { isRemoved, labelOf, listVersions, MANAGED, stagesOf } from './secrets-manager-versions.ts';

/** What AWS takes as the id of a version. */
const VERSION = /^[0-9a-z-]{32,64}$/;

/** Days that AWS keeps what was removed. */
const RECOVERY = { least: 7, most: 30 };

/** A call that AWS throttles, or fails at, is sent again up to three times, within seconds. */
const ATTEMPTS = 4;

export interface SecretsManagerOptions {
  region: string;
  /** Whose calls they are; asked again before it ends. */
  key: () => Promise<AwsKey>;
  httpHandler: AwsHttpHandler;
  /** How long what was removed can be restored; AWS keeps it for 7 to 30 days. */
  retentionDays: number;
}

/**
 * Material in AWS Secrets Manager. The operation's id is the version's, so that a call may be sent again. Each version that
 * is in use has a stage label of its own, without which AWS would drop it some day; which one is AWSCURRENT says nothing
 * here. Nothing in it ends at `expiresAt`. AWS ends by itself what was removed, so there is no `purge`.
 *
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version
 */
export async function openSecretsManager({
  region,
  key,
  httpHandler,
  retentionDays,
}: SecretsManagerOptions): Promise<SecretStore> {
  const { SecretsManager } = await import('@aws-sdk/client-secrets-manager');
  const client = new SecretsManager({
    region,
    // Named here, so that no setting or file of the machine leads somewhere else.
    endpoint: `https://secretsmanager.${region}.${partitionOfRegion(region).domain}`,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    credentials: async () => signingKey(await key()),
    maxAttempts: ATTEMPTS,
    retryMode: 'standard',
    requestHandler: httpHandler,
  });
  const recoveryDays = Math.min(Math.max(retentionDays, RECOVERY.least), RECOVERY.most);

  return checkedSecretStore(
    { version: VERSION, failure: secretsManagerFailure },
    {
      put: (draft) => put(client, draft),
      get: (name, version) => read(client, name, version),
      find: (name, operation) => find(client, name, operation),
      retire: (name, version) => retire(client, name, version),
      remove: (name) => remove(client, name, recoveryDays),
      restore: (name) => restore(client, name),
      list: () => listVersions(client),
    },
  );
}

/** The name comes first, without a value: only a version that is put can have its label from the start. */
async function put(client: SecretsManager, { name, value, operation: version, tags }: Draft): Promise<string> {
  await createName(client, name, tags);
  try {
    await client.putSecretValue({
      SecretId: name,
      SecretString: value.reveal(),
      ClientRequestToken: version,
      VersionStages: [labelOf(version)],
    });
  } catch (error) {
    if (isNamed(error, 'ResourceExistsException')) throw otherValue(name);
    throw await refusal(client, name, error);
  }
  return version;
}

/** In place of the client's own error, which has the answer in it. */
function otherValue(name: string): Error {
  return new Error(`The operation has already written another value to the secret ${name}`);
}

/** Leaves a name that is there, with the tags that it has. */
async function createName(client: SecretsManager, name: string, tags: Record<string, string>): Promise<void> {
  const all = Object.entries({ ...tags, [MANAGED]: 'true' });
  try {
    await client.createSecret({ Name: name, Tags: all.map(([Key, Value]) => ({ Key, Value })) });
  } catch (error) {
    if (isNamed(error, 'ResourceExistsException')) return;
    throw await refusal(client, name, error);
  }
}

/** AWS has one name for every state that refuses a call; that the name was removed, is asked. */
async function refusal(client: SecretsManager, name: string, error: unknown): Promise<unknown> {
  if (!isNamed(error, 'InvalidRequestException') || !(await isRemoved(client, name))) return error;
  return new Error(`The secret ${name} is removed and takes no further version`);
}

/** Undefined for what is not there, or is removed. */
async function read(client: SecretsManager, name: string, version: string): Promise<Secret | undefined> {
  try {
    const { SecretString: value } = await client.getSecretValue({ SecretId: name, VersionId: version });
    return value === undefined ? undefined : new Secret(value);
  } catch (error) {
    if (isNamed(error, 'ResourceNotFoundException')) return undefined;
    if (isNamed(error, 'InvalidRequestException') && (await isRemoved(client, name))) return undefined;
    throw error;
  }
}

async function find(client: SecretsManager, name: string, version: string): Promise<string | undefined> {
  const stages = await stagesOf(client, name);
  return stages && version in stages ? version : undefined;
}

/** A version without a label is one that AWS may drop. Of a name that is removed, all will go. */
async function retire(client: SecretsManager, name: string, version: string): Promise<void> {
  const label = labelOf(version);
  const stages = await stagesOf(client, name);
  if (!stages?.[version]?.includes(label)) return;
  await client.updateSecretVersionStage({ SecretId: name, VersionStage: label, RemoveFromVersionId: version });
}

async function remove(client: SecretsManager, name: string, recoveryDays: number): Promise<void> {
  try {
    await client.deleteSecret({ SecretId: name, RecoveryWindowInDays: recoveryDays });
  } catch (error) {
    if (isNamed(error, 'ResourceNotFoundException')) return;
    if (isNamed(error, 'InvalidRequestException') && (await isRemoved(client, name))) return;
    throw error;
  }
}

/** Throws SECRET_MISSING for a name that AWS does not have, or no longer. */
async function restore(client: SecretsManager, name: string): Promise<void> {
  try {
    await client.restoreSecret({ SecretId: name });
  } catch (error) {
    if (!isNamed(error, 'ResourceNotFoundException')) throw error;
    throw new AppError('SECRET_MISSING', 'This secret is no longer in Secrets Manager', {
      hint: 'Give the material again.',
    });
  }
}
