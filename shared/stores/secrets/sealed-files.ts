import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { readIfThere, syncFolder, writeDurably } from '../durable-file.ts';
import { seal, unseal, type SealedDocument } from './sealed-document.ts';

/** Encrypted documents in `folder/NAME/VERSION`. Names and versions are checked by the caller. */
export interface SealedFiles {
  /** Throws AppError STORE_UNAVAILABLE for a file that the key does not open. */
  read(name: string, version: string): Promise<SealedDocument | undefined>;
  write(name: string, version: string, document: SealedDocument): Promise<void>;
  names(): Promise<string[]>;
  /** None for a name that is not there. */
  versions(name: string): Promise<string[]>;
}

export function sealedFiles(folder: string, options: { scratch: string; key: Buffer }): SealedFiles {
  const { scratch, key } = options;
  return {
    read: async (name, version) => {
      const bytes = await readIfThere(join(folder, name, version));
      return bytes && open(key, { name, version }, bytes);
    },
    write: async (name, version, document) => {
      await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
      await syncFolder(folder);
      await writeDurably(join(folder, name, version), seal(key, { name, version }, document), scratch);
    },
    names: () => entries(folder, 'folders'),
    versions: (name) => entries(join(folder, name), 'files'),
  };
}

function open(key: Buffer, place: { name: string; version: string }, bytes: Buffer): SealedDocument {
  try {
    return unseal(key, place, bytes);
  } catch (error) {
    throw new AppError('STORE_UNAVAILABLE', 'A secret in the data folder cannot be decrypted', {
      hint: 'The key file does not fit the secret, or the file of the secret is damaged: put both back from one backup',
      cause: error,
    });
  }
}

async function entries(folder: string, kind: 'folders' | 'files'): Promise<string[]> {
  try {
    const all = await readdir(folder, { withFileTypes: true });
    return all.filter((entry) => entry.isDirectory() === (kind === 'folders')).map((entry) => entry.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
