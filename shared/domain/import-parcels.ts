import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { Secret } from '../lib/secret.ts';
import type { App } from './app.ts';
import type { EntryBody } from './import-entry.ts';
import type { Job } from './job.ts';
import { SecretStoreName } from './policy.ts';
import { SECRET_BYTES } from './ports.ts';
import { parseJson } from '../lib/parse-json.ts';

/** Entries of one parcel: what was imported is soon gone from the store. */
const MOST_ENTRIES = 20;

/** Bytes of a document around its entries, and around each of them. */
const FRAME = 200;
const FRAME_OF_ENTRY = 12;

/** Bytes of UTF-8 of the JSON text of an entry. */
export const LARGEST_BODY = SECRET_BYTES - FRAME - FRAME_OF_ENTRY;

/** A secret that holds what some entries of an import ask for, secrets and all, until they are made. */
export const Parcel = z.object({
  store: SecretStoreName,
  name: z.string(),
  version: z.string(),
  /** The last entry in it: once that is done, so are all. */
  last: z.int(),
});
export type Parcel = z.output<typeof Parcel>;

const ParcelDocument = z.object({
  schemaVersion: z.literal(1),
  /** Whose they are: a job that somebody writes into a table of another project opens nothing. */
  project: z.string(),
  import: z.string(),
  entries: z.record(z.string(), z.record(z.string(), z.unknown())),
});

interface Packed {
  index: number;
  body: EntryBody;
}

/** Entries by the parcel that they fit into, in their order. */
export function packEntries(entries: Packed[]): Packed[][] {
  const parcels: Packed[][] = [];
  let room = 0;
  for (const entry of entries) {
    const bytes = Buffer.byteLength(JSON.stringify(entry.body)) + FRAME_OF_ENTRY;
    const open = parcels.at(-1);
    if (open && open.length < MOST_ENTRIES && bytes <= room) open.push(entry);
    else {
      parcels.push([entry]);
      room = SECRET_BYTES - FRAME;
    }
    room -= bytes;
  }
  return parcels;
}

/** Writes one parcel under a name that is new. */
export async function storeParcel(
  app: App,
  { project, id }: Job,
  { store, name }: Pick<Parcel, 'store' | 'name'>,
  entries: Packed[],
): Promise<Parcel> {
  const bodies = Object.fromEntries(entries.map(({ index, body }) => [index, body]));
  const document = new Secret(JSON.stringify({ schemaVersion: 1, project, import: id, entries: bodies }));
  const secrets = await app.secretStore(store);
  const { version } = await secrets.put(name, document, { operationId: randomUUID(), tags: { project, import: id } });
  return { store, name, version, last: entries.at(-1)?.index ?? 0 };
}

/** What the entries of a parcel ask for, by index. Throws SECRET_MISSING if it is not there, or not what this import wrote. */
export async function openParcel(
  app: App,
  { project, id }: Job,
  { store, name, version }: Parcel,
): Promise<Map<number, unknown>> {
  const value = await (await app.secretStore(store)).get(name, version);
  const document = value && ParcelDocument.safeParse(parseJson(value.reveal())).data;
  if (document?.project !== project || document.import !== id) {
    throw new AppError('SECRET_MISSING', 'What this entry asked for is no longer in its store.', {
      hint: 'Somebody removed it there. Import this entry again.',
    });
  }
  return new Map(Object.entries(document.entries).map(([index, body]) => [Number(index), body]));
}

/** For good, where the store can. Idempotent. */
export async function removeParcel(app: App, { store, name }: Pick<Parcel, 'store' | 'name'>): Promise<void> {
  const secrets = await app.secretStore(store);
  await secrets.remove(name);
  await secrets.purge?.(name);
}
