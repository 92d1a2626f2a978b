import type { App } from './app.ts';
import type { Actor } from './caller.ts';
import { readCredential, type Credential, type StoredCredential } from './credential.ts';
import type { Operation } from './ports.ts';
import { credentialRow, defaultRow, projectPartition } from './rows.ts';

/** An operation, and what its conflict means. */
export interface Step {
  operation: Operation;
  conflict: () => Error | 'again';
}

/** The steps that move the default rows of a credential, and those who lose one by that, as they then are. */
export async function displacedDefaults(
  app: App,
  { by, before, after }: { by: Actor; before?: StoredCredential; after: Credential },
): Promise<{ steps: Step[]; credentials: StoredCredential[] }> {
  const old = before ? defaultRows(before.credential) : new Map<string, string>();
  const wanted = defaultRows(after);
  const partition = projectPartition(after.project);
  const lostBy = new Map<string, string[]>();
  const steps: Step[] = [...old.keys()]
    .filter((row) => !wanted.has(row))
    .map((row) => ({ operation: { kind: 'delete', row }, conflict: () => 'again' as const }));

  const taken = [...wanted].filter(([row]) => !old.has(row));
  const holders = await Promise.all(taken.map(([row]) => app.records.get(partition, row)));
  for (const [index, [row, environment]] of taken.entries()) {
    const present = holders[index];
    const fields = { id: after.id };
    steps.push({
      operation: present ? { kind: 'replace', row, fields, etag: present.etag } : { kind: 'insert', row, fields },
      conflict: () => 'again' as const,
    });
    const holder = present?.fields['id'];
    if (typeof holder === 'string' && holder !== after.id) lostBy.set(holder, [...(lostBy.get(holder) ?? []), environment]);
  }
  const credentials = await Promise.all(
    [...lostBy].map(([id, environments]) => withoutDefault(app, partition, id, environments, by)),
  );
  return { steps, credentials: credentials.filter((stored) => stored !== undefined) };
}

function defaultRows({ registry, purpose, defaultIn, deletedAt }: Credential): Map<string, string> {
  if (deletedAt) return new Map();
  return new Map(defaultIn.map((environment) => [defaultRow(registry.host, environment, purpose), environment]));
}

async function withoutDefault(
  app: App,
  partition: string,
  id: string,
  environments: string[],
  by: Actor,
): Promise<StoredCredential | undefined> {
  const row = await app.records.get(partition, credentialRow(id));
  if (!row) return undefined;
  const { credential, etag } = readCredential(row);
  const defaultIn = credential.defaultIn.filter((environment) => !environments.includes(environment));
  return {
    credential: {
      ...credential,
      defaultIn,
      revision: credential.revision + 1,
      updatedAt: app.clock.now().toISOString(),
      updatedBy: by,
    },
    etag,
  };
}
