import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Credential } from '../../shared/domain/credential.ts';
import type { Event } from '../../shared/domain/events.ts';
import { openDataFolder } from '../../shared/stores/data-folder.ts';
import { openLocalSecrets } from '../../shared/stores/secrets/local.ts';

/** Rows of a data folder, read past the service, which may be running. */
export function readRows(data: string, partitionPrefix: string, rowPrefix = ''): { row: string; fields: unknown }[] {
  using database = new DatabaseSync(join(data, 'records.db'), { readOnly: true });
  return database
    .prepare(
      'SELECT row_key, fields FROM rows WHERE substr(partition_key, 1, ?) = ? AND substr(row_key, 1, ?) = ? ORDER BY row_key',
    )
    .all(partitionPrefix.length, partitionPrefix, rowPrefix.length, rowPrefix)
    .map(({ row_key: row, fields }) => ({ row: String(row), fields: JSON.parse(String(fields)) as unknown }));
}

export function readCredentials(data: string): Credential[] {
  return readRows(data, 'project:', 'credential:').map(({ fields }) => fields as Credential);
}

/** What the activity tells of a credential, as `type` or, for a default that was taken over, `lost default`. */
export function activityOf(data: string, id: string): string[] {
  return readRows(data, 'activity:')
    .map(({ fields }) => fields as Event)
    .filter(({ credentialId }) => credentialId === id)
    .map(({ type, data: details }) => (details['takenOverBy'] ? 'lost default' : type.replace('regcred.credential.', '')))
    .toSorted();
}

/** What should be gone once a service has done its work: messages, events on their way, and what was due at `now`. */
export function leftToDo(data: string, now: Date): string[] {
  using queue = new DatabaseSync(join(data, 'queue.db'), { readOnly: true });
  const messages = queue.prepare('SELECT queue, body FROM messages').all();
  const isFuture = (row: string) => row > now.toISOString() && /:(?:purge|check|remind|job):/.test(row);
  return [
    ...messages.map(({ queue: name, body }) => `message in ${String(name)}: ${String(body)}`),
    ...readRows(data, 'project:', 'event:').map(({ row }) => row),
    ...readRows(data, 'due')
      .filter(({ row }) => !isFuture(row))
      .map(({ row }) => `due ${row}`),
  ];
}

/** Where records and secrets of a stopped service do not agree: one line each. */
export async function disagreements(data: string): Promise<string[]> {
  const credentials = readCredentials(data);
  const folder = await openDataFolder(data, {});
  try {
    const store = await openLocalSecrets(folder);
    const present: string[] = [];
    for await (const { name, version } of store.list()) present.push(`${name}/${version}`);
    const wanted = credentials
      .filter(({ deletedAt }) => !deletedAt)
      .map(({ active: { secret } }) => `${secret?.name}/${secret?.version}`);
    const removed = await readdir(join(folder.secrets, 'removed'));
    const deleted = credentials.filter(({ deletedAt }) => deletedAt).map(({ active: { secret } }) => secret?.name ?? '');
    const names = await readdir(join(folder.secrets, 'active'));
    return [
      ...without(present, wanted).map((secret) => `secret without a record: ${secret}`),
      ...without(wanted, present).map((secret) => `record without its secret: ${secret}`),
      ...without(removed, deleted).map((name) => `removed secret without a deleted record: ${name}`),
      ...without(deleted, removed).map((name) => `deleted record without its removed secret: ${name}`),
      ...without(
        names,
        wanted.map((secret) => secret.split('/')[0] ?? ''),
      ).map((name) => `folder without a record: ${name}`),
    ];
  } finally {
    await folder.close();
  }
}

function without(all: string[], some: string[]): string[] {
  const known = new Set(some);
  return all.filter((item) => !known.has(item));
}
