import { z } from 'zod';
import { Secret } from '../lib/secret.ts';
import { findForeignToken, findWrapping } from './token-shapes.ts';

/** What a portal needs to draw a field; JSON Schema keywords come from the type. */
export interface FieldMeta {
  label: string;
  /** `metadata`: names the thing; `details`: how to log in. */
  group: 'metadata' | 'details';
  /** Within its group. */
  order: number;
  description?: string;
  purpose?: string;
  /** Where a person finds the value. */
  obtain?: string;
  example?: string;
  /** What a form should offer in place of one line; neither has an example. `private-key`: a PEM of several lines; `key-file`: a JSON file. */
  format?: 'private-key' | 'key-file';
  /** It matters only where another field has this value. */
  revealedBy?: { field: string; value: string };
  /** Material is bound to this field: another value needs the material again. */
  binding?: true;
  /** A secret: taken, never shown. */
  writeOnly?: true;
}

/** What is wrong with a value that was pasted, for the person who did; neither text repeats it. */
export interface Mistake {
  /** Stable, for programs. */
  code: string;
  message: string;
  hint: string;
}

/**
 * A secret of one line. Longer than `max` characters, in quotes, or with a space or a line break around it, it was pasted
 * wrongly; `findMistake` knows what else people paste in its place, see token-shapes.ts.
 */
export function secretField(
  meta: Omit<FieldMeta, 'writeOnly' | 'group'>,
  max = 8192,
  findMistake: (text: string) => Mistake | undefined = () => undefined,
) {
  return z
    .string()
    .min(1)
    .max(max)
    .superRefine((text, context) => addMistake(context, findMistake(text) ?? findWrapping(text)))
    .meta({ ...meta, group: 'details', writeOnly: true } satisfies FieldMeta)
    .transform((text) => new Secret(text));
}

/** A user name that HTTP Basic can carry (RFC 7617, section 2). A token in its place would be shown to whoever sees the record. */
export function usernameField(meta: Omit<FieldMeta, 'group'>) {
  return z
    .string()
    .trim()
    .min(1)
    .max(255)
    .superRefine((text, context) => addMistake(context, findWrapping(text) ?? findColon(text) ?? findForeignToken(text)))
    .meta({ ...meta, group: 'details' } satisfies FieldMeta);
}

function findColon(text: string): Mistake | undefined {
  if (!text.includes(':')) return undefined;
  return {
    code: 'COLON',
    message: 'has a colon, which ends a user name',
    hint: 'Give the user name alone, without the password.',
  };
}

/** Notes what is wrong with a field, if anything is. */
export function addMistake(context: z.core.$RefinementCtx, mistake: Mistake | undefined): void {
  if (mistake) context.addIssue({ code: 'custom', message: mistake.message, params: { ...mistake } });
}
