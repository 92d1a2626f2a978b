import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { createDurably, readIfThere } from '../durable-file.ts';
import { KEY_BYTES } from './sealed-document.ts';

/** The parts of the secrets folder. Removed names are moved aside; what is in `scratch` may go at any start. */
export type Places = Record<'active' | 'removed' | 'scratch', string>;

/**
 * The key of the local secret store, made at its first use. Throws an Error, meant for whoever started the program, if
 * secrets are there without it: a new key would open none of them, and hide that the old one is gone.
 */
export async function localKey(file: string, places: Places): Promise<Buffer> {
  const key = (await readIfThere(file)) ?? (await makeKey(file, places));
  if (key.length !== KEY_BYTES) throw new Error(`${file} is not a key of regcred: put it back from a backup`);
  return key;
}

async function makeKey(file: string, { active, removed, scratch }: Places): Promise<Buffer> {
  for (const folder of [active, removed]) {
    if ((await readdir(folder)).length > 0) {
      throw new Error(`${file} is missing, and the secrets in ${folder} cannot be read without it: put it back from a backup`);
    }
  }
  const key = randomBytes(KEY_BYTES);
  await createDurably(file, key, scratch);
  return key;
}
