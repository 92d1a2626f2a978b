import { z } from 'zod';
import { AddressError, parseRegistryAddress } from '../oci/address.ts';
import { addMistake, type FieldMeta } from './fields.ts';
import { findForeignToken } from './token-shapes.ts';

/**
 * The address of a product's own site, where that is not the registry's: `https://host[:port][/path]`, from what people
 * paste. Secrets are sent there, so it is always https, and material is bound to it.
 */
export function siteUrl(meta: Omit<FieldMeta, 'group' | 'binding'>) {
  return (
    z
      .string()
      .max(2048)
      .meta({ ...meta, group: 'details', binding: true } satisfies FieldMeta)
      // It would be looked up as a name, in the open.
      .superRefine((text, context) => addMistake(context, findForeignToken(text)))
      .transform((text, context) => {
        try {
          return canonical(text);
        } catch (error) {
          if (!(error instanceof AddressError)) throw error;
          context.addIssue({ code: 'custom', message: error.message, params: { code: error.code, hint: error.hint } });
          return z.NEVER;
        }
      })
  );
}

function canonical(text: string): string {
  const { host, repositoryPrefix, plainHttp } = parseRegistryAddress(text);
  if (plainHttp) throw new AddressError('SCHEME', 'begins with http://', 'Give its https address: the secret is sent there.');
  return `https://${host}${repositoryPrefix ? `/${repositoryPrefix}` : ''}`;
}
