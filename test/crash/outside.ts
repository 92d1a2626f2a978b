import type { Credential } from '../../shared/domain/credential.ts';
import type { Event } from '../../shared/domain/events.ts';
import type { StoreView } from './stage.ts';

export async function readCredentials(stores: StoreView): Promise<Credential[]> {
  return (await stores.rows('project:', 'credential:')).map(({ fields }) => fields as Credential);
}

/** What the activity tells of a credential, as `type` or, for a default that was taken over, `lost default`. */
export async function activityOf(stores: StoreView, id: string): Promise<string[]> {
  return (await stores.rows('activity:'))
    .map(({ fields }) => fields as Event)
    .filter(({ credentialId }) => credentialId === id)
    .map(({ type, data: details }) => (details['takenOverBy'] ? 'lost default' : type.replace('regcred.credential.', '')))
    .toSorted();
}

/** What should be gone once a service has done its work: messages, events on their way, and what was due at `now`. */
export async function leftToDo(stores: StoreView, now: Date): Promise<string[]> {
  const isFuture = (row: string) => row > now.toISOString() && /:(?:purge|check|remind|job):/.test(row);
  const due = (await stores.rows('due')).filter(({ row }) => !isFuture(row));
  return [
    ...(await stores.messages()).map((message) => `message ${message}`),
    ...(await stores.rows('project:', 'event:')).map(({ row }) => row),
    ...due.map(({ row }) => `due ${row}`),
  ];
}

/** Where records and secrets do not agree, although all is done: one line each. */
export async function disagreements(stores: StoreView): Promise<string[]> {
  const credentials = await readCredentials(stores);
  const secrets = await stores.secrets();
  const present = secrets.filter(({ isRemoved }) => !isRemoved);
  const removed = secrets.filter(({ isRemoved }) => isRemoved);
  const live = credentials.filter(({ deletedAt }) => !deletedAt).flatMap(({ active }) => active.secret ?? []);
  const deleted = credentials.filter(({ deletedAt }) => deletedAt).flatMap(({ active }) => active.secret ?? []);

  const inUse = present.flatMap(({ versionsInUse, ...secret }) => versionsInUse.map((version) => ({ ...secret, version })));
  return [
    ...without(inUse.map(versionKey), live.map(versionKey)).map((secret) => `version in use without a record: ${secret}`),
    ...without(live.map(versionKey), inUse.map(versionKey)).map((secret) => `record without its version: ${secret}`),
    ...without(present.map(key), live.map(key)).map((secret) => `secret without a record: ${secret}`),
    ...without(deleted.map(key), removed.map(key)).map((secret) => `deleted record without its removed secret: ${secret}`),
    ...without(removed.filter(({ endsByItself }) => !endsByItself).map(key), deleted.map(key)).map(
      (secret) => `removed secret without a deleted record: ${secret}`,
    ),
  ];
}

function key({ store, name }: { store: string; name: string }): string {
  return `${store}/${name}`;
}

function versionKey(secret: { store: string; name: string; version: string }): string {
  return `${key(secret)}/${secret.version}`;
}

function without(all: string[], some: string[]): string[] {
  const known = new Set(some);
  return all.filter((item) => !known.has(item));
}
