import type { SecretClient, SecretProperties } from '@azure/keyvault-secrets';
import type { SecretVersion } from '../../domain/ports.ts';

/** The tag that names the operation which wrote a version. */
export const OPERATION = 'regcred-operation';

/** The version that the operation wrote; of two the elder, so that everybody finds the same one. */
export async function findVersion(client: SecretClient, name: string, operation: string): Promise<string | undefined> {
  const [eldest] = (await versionsOf(client, name))
    .filter(({ tags }) => tags?.[OPERATION] === operation)
    // The vault's times have whole seconds.
    .toSorted((a, b) => timeOf(a) - timeOf(b) || (idOf(a) < idOf(b) ? -1 : 1));
  return eldest && idOf(eldest);
}

/** None for a name that is not there. */
export async function versionsOf(client: SecretClient, name: string): Promise<SecretProperties[]> {
  const versions: SecretProperties[] = [];
  for await (const version of client.listPropertiesOfSecretVersions(name)) versions.push(version);
  return versions;
}

/** The live versions that regcred wrote; what else is in the vault is not ours to tell. */
export async function* listVersions(client: SecretClient): AsyncIterable<SecretVersion> {
  for await (const { name } of client.listPropertiesOfSecrets()) {
    for (const version of await versionsOf(client, name)) {
      const { [OPERATION]: operation, ...tags } = version.tags ?? {};
      if (operation === undefined || !version.enabled) continue;
      yield { name, version: idOf(version), createdAt: new Date(timeOf(version)), tags };
    }
  }
}

export function idOf({ version }: SecretProperties): string {
  if (!version) throw new Error('The vault listed a version without its id');
  return version;
}

function timeOf({ createdOn }: SecretProperties): number {
  return createdOn?.getTime() ?? 0;
}
