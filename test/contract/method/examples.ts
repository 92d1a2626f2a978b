import { generateKeyPairSync } from 'node:crypto';
import { formSchema, type FieldSchema } from '../../../shared/providers/catalog.ts';
import type { Method } from '../../../shared/providers/provider.ts';
import { newGoogleKey } from '../../peers/google-key.ts';

/** What a method touches as regcred itself with its own examples. */
export function exampleUpstreams(method: Method): string[] {
  if (!method.upstreams) return [];
  const { properties } = formSchema(method);
  const fields = Object.keys(method.settings.shape).map((name) => [name, exampleOf(properties[name] ?? {})]);
  return method.upstreams(method.settings.parse(Object.fromEntries(fields))).map(({ name }) => name);
}

/** A private key stands in no document, not even as an example. */
export function exampleOf({ example, format, ...field }: FieldSchema): unknown {
  if (format === 'private-key') {
    return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' });
  }
  if (format === 'key-file') return JSON.stringify(newGoogleKey().file);
  return example ?? field['default'];
}
