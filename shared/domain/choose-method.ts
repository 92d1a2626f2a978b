import { z } from 'zod';
import { invalidInput } from '../lib/errors.ts';
import { parseInput } from '../lib/parse-input.ts';
import { AddressError, parseRegistryAddress } from '../oci/address.ts';
import { providers } from '../providers/all.ts';
import { findMethod, findProvider, methodsOf, recogniseProvider } from '../providers/catalog.ts';
import type { Method, Provider } from '../providers/provider.ts';

const Choice = z.looseObject({
  provider: z.string().max(100).optional(),
  method: z.string().max(100).optional(),
  // Some products have but one address.
  url: z.unknown().optional(),
});

/** Which form a request body fills in, and its fields under the names of that form. */
export interface ChosenMethod {
  provider: Provider;
  method: Method;
  fields: Record<string, unknown>;
  /** The name under which the caller gave a field: errors speak of that. */
  nameOf: (field: string) => string;
}

/** Provider and method as given, else as address and fields tell. Throws INVALID_INPUT. */
export function chooseMethod(body: unknown): ChosenMethod {
  const given = parseInput(Choice, body) as Record<string, unknown> & z.output<typeof Choice>;
  const provider = chooseProvider(given);
  const inferred = provider.inferMethod?.(given);
  const name = given.method ?? inferred?.method ?? provider.defaultMethod;
  const method = findMethod(provider.id, name);
  if (!method) {
    const known = methodsOf(provider.id).map(({ method }) => method);
    throw invalidInput('/method', 'NOT_ALLOWED', `is not a method of ${provider.id}`, `One of: ${known.join(', ')}.`);
  }
  const rename = new Map(Object.entries((inferred?.method === name && inferred.rename) || {}));
  const back = new Map([...rename].map(([from, to]) => [to, from]));
  const fields = Object.fromEntries(Object.entries(given).map(([field, value]) => [rename.get(field) ?? field, value]));
  return { provider, method, fields, nameOf: (field) => back.get(field) ?? field };
}

function chooseProvider({ provider: name, url }: z.output<typeof Choice>): Provider {
  const recognised = recognise(url);
  if (name === undefined) return recognised ?? requireProvider('generic');
  const provider = requireProvider(name);
  // `generic` contradicts no host: whoever chooses it wants no special treatment.
  if (recognised && provider.id !== 'generic' && provider !== recognised) {
    throw invalidInput(
      '/provider',
      'CONTRADICTION',
      `says ${provider.id}, but the address is one of ${recognised.title}`,
      `Give provider as ${recognised.id}, or another address.`,
    );
  }
  return provider;
}

function requireProvider(name: string): Provider {
  const provider = findProvider(name);
  if (provider) return provider;
  const known = providers.map(({ id }) => id);
  throw invalidInput('/provider', 'NOT_ALLOWED', 'is not a provider that regcred knows', `One of: ${known.join(', ')}.`);
}

/** An address that cannot be read tells nothing: its own field says what is wrong with it. */
function recognise(url: unknown): Provider | undefined {
  if (typeof url !== 'string') return undefined;
  try {
    return recogniseProvider(parseRegistryAddress(url).host);
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}
