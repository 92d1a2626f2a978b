import { AddressError } from '../../oci/address.ts';
import type { RegistryAddress } from '../../oci/address.ts';

/** Takes the paths of Artifactory's API and of its repositories off an address. Throws AddressError for a page of its web interface. */
export function putArtifactoryAddressRight({ repositoryPrefix, ...address }: RegistryAddress): RegistryAddress {
  if (/^ui(?:\/|$)/.test(repositoryPrefix ?? '')) {
    throw new AddressError(
      'WEB_PAGE',
      'is a page of the web interface',
      'Give the host and the repository, such as acme.jfrog.io/docker-local; "Set Me Up" of the repository shows them.',
    );
  }
  const prefix = repositoryPrefix?.replace(/^artifactory(?:\/api\/docker)?(?:\/|$)/, '').replace(/\/v2$/, '');
  return { ...address, ...(prefix && { repositoryPrefix: prefix }) };
}

/** Where the platform answers, for its API. It is asked for with or without the path of Artifactory. */
export function artifactorySite(registryOrigin: string, artifactoryUrl: string | undefined): string {
  return artifactoryUrl?.replace(/\/artifactory$/, '') ?? registryOrigin;
}
