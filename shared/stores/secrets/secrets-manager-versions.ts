import type { DescribeSecretResponse, SecretListEntry, SecretsManager, Tag } from '@aws-sdk/client-secrets-manager';
import type { SecretVersion } from '../../domain/ports.ts';
import { isNamed } from './secrets-manager-failure.ts';

/** The tag of every secret that regcred made; what else is in the account is not ours to tell. */
export const MANAGED = 'regcred-managed';

/** AWS's most for one answer. */
const PAGE = 100;

/** The stage label that keeps a version: one of its own, because a label moves from one version to the next. */
export function labelOf(version: string): string {
  return `regcred-${version}`;
}

/** The labels of each version that has any; undefined for a name that is not there, or is removed. */
export async function stagesOf(client: SecretsManager, name: string): Promise<Record<string, string[]> | undefined> {
  const secret = await describe(client, name);
  return secret && !secret.DeletedDate ? (secret.VersionIdsToStages ?? {}) : undefined;
}

/** Whether AWS still has the name, and will end it. */
export async function isRemoved(client: SecretsManager, name: string): Promise<boolean> {
  const secret = await describe(client, name);
  return secret?.DeletedDate !== undefined;
}

async function describe(client: SecretsManager, name: string): Promise<DescribeSecretResponse | undefined> {
  try {
    return await client.describeSecret({ SecretId: name });
  } catch (error) {
    if (isNamed(error, 'ResourceNotFoundException')) return undefined;
    throw error;
  }
}

/** The versions in use. Names that are removed are left out by AWS. */
export async function* listVersions(client: SecretsManager): AsyncIterable<SecretVersion> {
  for await (const { Name: name, Tags } of managedSecrets(client)) {
    if (name !== undefined) yield* versionsOf(client, name, tagsOf(Tags));
  }
}

async function* managedSecrets(client: SecretsManager): AsyncIterable<SecretListEntry> {
  let token: string | undefined;
  do {
    const page = await client.listSecrets({
      Filters: [{ Key: 'tag-key', Values: [MANAGED] }],
      MaxResults: PAGE,
      ...(token && { NextToken: token }),
    });
    // The filter takes whatever begins so.
    yield* (page.SecretList ?? []).filter(({ Tags }) => Tags?.some(({ Key }) => Key === MANAGED));
    token = page.NextToken;
  } while (token);
}

async function* versionsOf(client: SecretsManager, name: string, tags: Record<string, string>): AsyncIterable<SecretVersion> {
  let token: string | undefined;
  do {
    const page = await client.listSecretVersionIds({ SecretId: name, MaxResults: PAGE, ...(token && { NextToken: token }) });
    for (const { VersionId: version, VersionStages: labels, CreatedDate: createdAt } of page.Versions ?? []) {
      if (version && createdAt && labels?.includes(labelOf(version))) yield { name, version, createdAt, tags };
    }
    token = page.NextToken;
  } while (token);
}

function tagsOf(tags: Tag[] | undefined): Record<string, string> {
  const pairs = (tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? ''] as const);
  return Object.fromEntries(pairs.filter(([key]) => key !== MANAGED));
}
