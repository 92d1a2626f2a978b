import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unseal } from '../../../shared/stores/secrets/sealed-document.ts';
import type { StoredSecret } from '../stage.ts';

/** The secrets of a data folder, whose store another process may have open. */
export async function localSecrets(data: string): Promise<StoredSecret[]> {
  const [active, removed] = await Promise.all([
    namesIn(join(data, 'secrets', 'active')),
    namesIn(join(data, 'secrets', 'removed')),
  ]);
  const secretOf = { store: 'local', endsByItself: false } as const;
  const inUse = active.map(async (name) => ({
    ...secretOf,
    name,
    versionsInUse: await versionsInUse(data, name),
    isRemoved: false,
  }));
  return [...(await Promise.all(inUse)), ...removed.map((name) => ({ ...secretOf, name, versionsInUse: [], isRemoved: true }))];
}

/** A version that is retired has no value any more. */
async function versionsInUse(data: string, name: string): Promise<string[]> {
  const key = await readFile(join(data, 'secrets.key'));
  const folder = join(data, 'secrets', 'active', name);
  const versions = await Promise.all(
    (await namesIn(folder)).map(async (version) => {
      const { value } = unseal(key, { name, version }, await readFile(join(folder, version)));
      return value === undefined ? [] : [version];
    }),
  );
  return versions.flat();
}

/** None where there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
