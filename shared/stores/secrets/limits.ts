import { SECRET_BYTES, SECRET_TAG_LIMITS } from '../../domain/ports.ts';
import type { Secret } from '../../lib/secret.ts';

const NAME = /^[0-9a-z-]{1,127}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const TAG = /^[\p{L}\p{N}\p{Zs}_.:/=+\-@]*$/u;

/** Throws RangeError for a name that a store does not take. */
export function checkSecretName(name: string): void {
  if (!NAME.test(name)) throw new RangeError(`${JSON.stringify(name)} is not a legal name of a secret`);
}

/** Throws RangeError for an operation id that is not a UUID. */
export function checkOperationId(operationId: string): void {
  if (!UUID.test(operationId)) throw new RangeError(`${JSON.stringify(operationId)} is not a UUID`);
}

/** Throws RangeError for a value that a store does not take; the message never holds the value. */
export function checkSecretValue(value: Secret): void {
  const bytes = Buffer.byteLength(value.reveal());
  if (bytes < 1 || bytes > SECRET_BYTES) {
    throw new RangeError(`A secret has 1 to ${SECRET_BYTES} bytes of UTF-8, this one ${bytes}`);
  }
}

/** Throws RangeError for tags that a store does not take. */
export function checkTags(tags: Record<string, string>): void {
  const { tags: most, nameLength, valueLength } = SECRET_TAG_LIMITS;
  const entries = Object.entries(tags);
  if (entries.length > most) throw new RangeError(`A secret has at most ${most} tags, not ${entries.length}`);
  for (const [name, value] of entries) {
    if (name.length < 1 || name.length > nameLength || value.length > valueLength || !TAG.test(name) || !TAG.test(value)) {
      throw new RangeError(`The tag ${JSON.stringify(name)} is longer, or of other characters, than a store takes`);
    }
  }
}
