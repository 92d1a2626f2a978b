import { z } from 'zod';
import { AddressError, parseRegistryAddress } from '../oci/address.ts';
import type { RegistryAddress } from '../oci/address.ts';
import { addMistake, type FieldMeta } from './fields.ts';
import { findForeignToken } from './token-shapes.ts';

/**
 * A registry's address as people paste it; what comes out is canonical: `host[:port][/prefix]`. A scheme says nothing here:
 * see `tls`. A provider's own rules put the address right, or throw AddressError.
 */
export function registryUrl(
  meta: Partial<FieldMeta> = {},
  putRight: (address: RegistryAddress) => RegistryAddress = (address) => address,
) {
  return (
    z
      .string()
      .max(2048)
      .meta({
        label: 'Registry address',
        group: 'details',
        order: 10,
        description:
          'The host of the registry, with a port where it has one, and optionally the path below which this login works.',
        example: 'registry.example.com',
        binding: true,
        ...meta,
      } satisfies FieldMeta)
      // It would be looked up as a name, in the open.
      .superRefine((text, context) => addMistake(context, findForeignToken(text)))
      .transform((text, context) => {
        try {
          const { host, repositoryPrefix } = putRight(parseRegistryAddress(text));
          return repositoryPrefix ? `${host}/${repositoryPrefix}` : host;
        } catch (error) {
          if (!(error instanceof AddressError)) throw error;
          context.addIssue({ code: 'custom', message: error.message, params: { code: error.code, hint: error.hint } });
          return z.NEVER;
        }
      })
  );
}
