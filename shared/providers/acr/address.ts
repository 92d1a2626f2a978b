import { AddressError } from '../../oci/address.ts';
import type { RegistryAddress } from '../../oci/address.ts';

/**
 * Login servers: a name of 5 to 50 letters and digits, with a hash behind a dash where the registry has a domain name label,
 * and a region where images are pulled from one replica. Clouds: public, China, US Government, Germany.
 *
 * https://learn.microsoft.com/azure/container-registry/container-registry-get-started-azure-cli
 * https://learn.microsoft.com/azure/container-registry/container-registry-endpoint-reference
 */
const LOGIN_SERVER = /^([a-z0-9]{5,50})(-[a-z0-9]+)?(\.[a-z0-9]+\.geo)?\.azurecr\.(io|cn|us|de)$/;

/** Where layers are downloaded from. It takes no logins. */
const DATA_ENDPOINT = /^[a-z0-9-]+\.[a-z0-9]+\.data\.azurecr\.(?:io|cn|us|de)$/;

const NAME = /^[a-z0-9]{5,50}(?:-[a-z0-9]+)?$/;

/** Whether the host is one of an Azure container registry, if only one for downloads. */
export function isAcrHost(host: string): boolean {
  return LOGIN_SERVER.test(host) || DATA_ENDPOINT.test(host);
}

/** Completes a bare registry name to its login server in the public cloud. Throws AddressError for what is no login server. */
export function putAcrAddressRight(address: RegistryAddress): RegistryAddress {
  const { host } = address;
  if (LOGIN_SERVER.test(host)) return address;
  if (NAME.test(host)) return { ...address, host: `${host}.azurecr.io` };
  if (DATA_ENDPOINT.test(host)) {
    throw new AddressError(
      'DATA_ENDPOINT',
      'is a data endpoint, from which layers are downloaded',
      'Give the login server, such as contoso.azurecr.io.',
    );
  }
  throw new AddressError(
    'NOT_A_LOGIN_SERVER',
    'is not the login server of an Azure container registry',
    "Give the login server, such as contoso.azurecr.io; it stands in the registry's overview in the Azure portal.",
  );
}

/** The name of the registry as a resource, which its admin account has, too. Undefined: not a login server. */
export function registryName(host: string): string | undefined {
  return LOGIN_SERVER.exec(host)?.[1];
}

/** The login server that all regions share. */
export function globalHost(host: string): string {
  return host.replace(/\.[a-z0-9]+\.geo(?=\.azurecr\.)/, '');
}

/** The cloud that a registry is in, by the end of its login server, such as `io` for the public one. */
export function registryCloud(host: string): string | undefined {
  return LOGIN_SERVER.exec(host)?.[4];
}
