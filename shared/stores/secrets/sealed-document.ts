import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { z } from 'zod';

/** What one file of the local secret store holds. Without a value it is retired. */
export const SealedDocument = z.object({
  value: z.string().optional(),
  createdAt: z.string(),
  tags: z.record(z.string(), z.string()),
});
export type SealedDocument = z.infer<typeof SealedDocument>;

export const KEY_BYTES = 32;

/** A file is MAGIC (its last byte is the version of the format), NONCE, ciphertext, TAG. */
const MAGIC = Buffer.from('regcred\u0001', 'latin1');
/** Random: the chance of a second use stays negligible up to 2^32 files (NIST SP 800-38D, 8.3). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts `document` for the one place where it may stand: a file that is moved elsewhere does not open. */
export function seal(key: Buffer, place: { name: string; version: string }, document: SealedDocument): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(placeBytes(place));
  const text = Buffer.concat([cipher.update(JSON.stringify(document), 'utf8'), cipher.final()]);
  return Buffer.concat([MAGIC, nonce, text, cipher.getAuthTag()]);
}

/** Throws an Error for bytes that were not sealed with this key for this place. */
export function unseal(key: Buffer, place: { name: string; version: string }, bytes: Buffer): SealedDocument {
  const textAt = MAGIC.length + NONCE_BYTES;
  if (bytes.length < textAt + TAG_BYTES) throw new Error('The file is too short');
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error('The file has another format');
  const nonce = bytes.subarray(MAGIC.length, textAt);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(placeBytes(place))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  const text = Buffer.concat([decipher.update(bytes.subarray(textAt, -TAG_BYTES)), decipher.final()]);
  return SealedDocument.parse(JSON.parse(text.toString('utf8')));
}

/** Neither part can hold the separator. */
function placeBytes({ name, version }: { name: string; version: string }): Buffer {
  return Buffer.concat([MAGIC, Buffer.from(`${name}/${version}`)]);
}
