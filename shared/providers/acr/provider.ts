import { AddressError, parseRegistryAddress } from '../../oci/address.ts';
import { plainForm } from '../plain-form.ts';
import { defineProvider } from '../provider.ts';
import type { InferredMethod } from '../provider.ts';
import { globalHost, isAcrHost, putAcrAddressRight, registryName } from './address.ts';
import { readGuid } from './guid.ts';

/** https://learn.microsoft.com/azure/container-registry/container-registry-authentication */
export const acr = defineProvider({
  id: 'acr',
  title: 'Azure Container Registry',
  aliases: ['azure', 'azure-container-registry'],
  recognises: isAcrHost,
  // Its own origin is trusted anyway; a regional endpoint may name the token service that all regions share.
  trustsRealm: ({ host }, realm) => realm.origin === `https://${globalHost(host)}` && realm.pathname === '/oauth2/token',
  dockerConfigKeys: ({ host }) => [host],
  // A registry with anonymous pull gives tokens to anybody, so a token alone shows nothing there.
  // https://learn.microsoft.com/azure/container-registry/anonymous-pull-access
  proof: ['ping', 'identify'],
  defaultMethod: 'service-principal',
  inferMethod,
});

/** A GUID is an application's, the registry's own name is its admin account, and any other name is that of a token. */
function inferMethod(fields: Record<string, unknown>): InferredMethod | undefined {
  const names = { username: 'clientId', password: 'clientSecret' };
  if ('registryId' in fields) return { method: 'managed-identity' };
  if ('clientId' in fields || 'clientSecret' in fields) return plainForm('service-principal', fields, names);
  if ('tokenName' in fields) return plainForm('repository-token', fields, { username: 'tokenName' });
  const { url, username } = fields;
  if (typeof username !== 'string') return undefined;
  if (readGuid(username)) return plainForm('service-principal', fields, names);
  if (username.trim().toLowerCase() === nameIn(url)) return { method: 'admin' };
  return plainForm('repository-token', fields, { username: 'tokenName' });
}

/** An address that cannot be read has no name; its own field says what is wrong with it. */
function nameIn(url: unknown): string | undefined {
  if (typeof url !== 'string') return undefined;
  try {
    return registryName(putAcrAddressRight(parseRegistryAddress(url)).host);
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}
