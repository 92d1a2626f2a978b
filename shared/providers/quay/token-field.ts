import { secretField } from '../fields.ts';
import { findForeignToken, findPasteMistake } from '../token-shapes.ts';

/** A token of Quay. It has no mark of its own, but those of other products have. */
export function quayTokenField(meta: { label: string; example: string; obtain: string }) {
  return secretField({ ...meta, order: 30 }, 8192, (text) => findForeignToken(text) ?? findPasteMistake(text));
}
