import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecretStore, SecretVersion } from '../../domain/ports.ts';
import { AppError } from '../../lib/errors.ts';
import { Secret } from '../../lib/secret.ts';
import type { DataFolder } from '../data-folder.ts';
import { isThere, moveIfThere, syncFolder } from '../durable-file.ts';
import { keyedTurns } from '../keyed-turns.ts';
import { dataFolderFailure, outageAsAppError } from '../outage.ts';
import { checkedSecretStore, type Draft } from './checked-secret-store.ts';
import { localKey, type Places } from './local-key.ts';
import type { SealedDocument } from './sealed-document.ts';
import { sealedFiles, type SealedFiles } from './sealed-files.ts';

/** A version is its operation id without hyphens. */
const VERSION = /^[0-9a-f]{32}$/;

/**
 * Material in encrypted files, for one process: the caller holds the data folder's lock. Each change is one rename, so
 * that a crash leaves the state before or after it. Throws an Error, meant for whoever started the program, if secrets
 * are there without their key, and AppError STORE_UNAVAILABLE if the folder cannot be used.
 */
export async function openLocalSecrets(data: Pick<DataFolder, 'secrets' | 'secretsKey'>): Promise<SecretStore> {
  const places = await outageAsAppError(() => makePlaces(data.secrets));
  const key = await outageAsAppError(() => localKey(data.secretsKey, places));
  const files = sealedFiles(places.active, { scratch: places.scratch, key });
  const inTurn = keyedTurns();
  return checkedSecretStore(
    { version: VERSION, failure: dataFolderFailure },
    {
      // The end of a version's life is in the record: nothing here acts on `expiresAt`.
      put: (draft) => inTurn(draft.name, () => put(files, places, draft)),
      // Only changes take turns: to a reader, files and folders appear and go at once.
      get: async (name, version) => {
        const document = await files.read(name, version);
        return document?.value === undefined ? undefined : new Secret(document.value);
      },
      find: async (name, operation) => {
        const version = toVersion(operation);
        return (await files.read(name, version)) && version;
      },
      retire: (name, version) => inTurn(name, () => retire(files, name, version)),
      remove: async (name) => void (await inTurn(name, () => move(name, places.active, places.removed))),
      restore: (name) => inTurn(name, () => restore(places, name)),
      purge: (name) => inTurn(name, () => purge(places, name)),
      async *list() {
        for (const name of await files.names()) yield* await liveVersions(files, name);
      },
    },
  );
}

async function makePlaces(folder: string): Promise<Places> {
  const places = { active: join(folder, 'active'), removed: join(folder, 'removed'), scratch: join(folder, 'scratch') };
  await rm(places.scratch, { recursive: true, force: true });
  for (const place of Object.values(places)) await mkdir(place, { recursive: true, mode: 0o700 });
  await syncFolder(folder);
  return places;
}

function toVersion(operation: string): string {
  return operation.replaceAll('-', '');
}

async function put(files: SealedFiles, places: Places, { name, value, operation, tags }: Draft): Promise<string> {
  const version = toVersion(operation);
  const before = await files.read(name, version);
  if (!before && (await isThere(join(places.removed, name)))) {
    throw new Error(`The secret ${name} is removed and takes no further version`);
  }
  // Of a retired version nobody knows the value any more.
  if (before?.value !== undefined && before.value !== value.reveal()) {
    throw new Error(`The operation has already written another value to the secret ${name}`);
  }
  // Written again even if it is there: the earlier call may have ended before its file was safe from a power cut.
  await files.write(name, version, before ?? { value: value.reveal(), createdAt: new Date().toISOString(), tags });
  return version;
}

/** What stays, without the value, keeps the version from being written again. */
async function retire(files: SealedFiles, name: string, version: string): Promise<void> {
  const document = await files.read(name, version);
  if (!document) return;
  const retired: SealedDocument = { createdAt: document.createdAt, tags: document.tags };
  await files.write(name, version, retired);
}

/** Answers false if there is nothing to move; it may have been moved before, so both ends are made safe anyway. */
async function move(name: string, from: string, to: string): Promise<boolean> {
  const isMoved = await moveIfThere(join(from, name), join(to, name));
  await syncFolder(to);
  await syncFolder(from);
  return isMoved;
}

async function restore(places: Places, name: string): Promise<void> {
  if (await move(name, places.removed, places.active)) return;
  if (await isThere(join(places.active, name))) return;
  throw new AppError('SECRET_MISSING', 'The secret is not in its store, nor can it be restored.', {
    hint: 'It was removed outside regcred: bring it back from a backup of the store, or make a new credential.',
  });
}

async function purge(places: Places, name: string): Promise<void> {
  // Out of the way at once, so that no part of it can be restored while the rest goes.
  const doomed = join(places.scratch, randomUUID());
  if (await moveIfThere(join(places.removed, name), doomed)) await rm(doomed, { recursive: true });
  await syncFolder(places.removed);
}

/** None if the name is removed meanwhile. */
async function liveVersions(files: SealedFiles, name: string): Promise<SecretVersion[]> {
  const live: SecretVersion[] = [];
  for (const version of await files.versions(name)) {
    const document = VERSION.test(version) ? await files.read(name, version) : undefined;
    if (document?.value === undefined) continue;
    live.push({ name, version, createdAt: new Date(document.createdAt), tags: document.tags });
  }
  return live;
}
