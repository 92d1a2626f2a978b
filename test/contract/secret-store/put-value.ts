import { randomUUID } from 'node:crypto';
import type { SecretStore, SecretVersion } from '../../../shared/domain/ports.ts';
import { AppError } from '../../../shared/lib/errors.ts';
import { Secret } from '../../../shared/lib/secret.ts';
import { eventually } from '../eventually.ts';

/** Names are never used twice, also not by two runs against one vault. */
export function freshName(): string {
  return `cred-${randomUUID()}`;
}

/** Answers the version. */
export async function putValue(
  store: SecretStore,
  name: string,
  value: string,
  operationId: string = randomUUID(),
): Promise<string> {
  const { version } = await store.put(name, new Secret(value), { operationId, tags: { project: 'default' } });
  return version;
}

export async function valueOf(store: SecretStore, name: string, version: string): Promise<string | undefined> {
  return (await store.get(name, version))?.reveal();
}

/** What the store lists under these names. */
export async function listed(store: SecretStore, names: string[]): Promise<SecretVersion[]> {
  const versions: SecretVersion[] = [];
  for await (const version of store.list()) {
    if (names.includes(version.name)) versions.push(version);
  }
  return versions.toSorted((a, b) => `${a.name}/${a.version}`.localeCompare(`${b.name}/${b.version}`));
}

/** Runs `change` until the store has done what came before it. */
export async function settled(change: () => Promise<void>): Promise<void> {
  await eventually(async () => {
    try {
      await change();
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === 'STORE_UNAVAILABLE') return undefined;
      throw error;
    }
  });
}
