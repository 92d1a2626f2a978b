import { AddressError } from '../../oci/address.ts';
import type { RegistryAddress } from '../../oci/address.ts';
import { registryUrl } from '../registry-url.ts';
import { DOCKER_HUB_HOSTS } from './provider.ts';

/** What the web interface puts before a namespace or a repository. */
const PAGES = /^(?:r|u|repository\/docker)\//;

/** The address of Docker Hub: always `docker.io`, with the namespace or repository that it was pasted with. */
export function hubUrl() {
  return registryUrl(
    {
      description: 'Docker Hub, or the namespace or repository there that this login is for.',
      example: 'docker.io',
    },
    putRight,
  ).prefault('docker.io');
}

function putRight({ host, repositoryPrefix, plainHttp }: RegistryAddress): RegistryAddress {
  if (!DOCKER_HUB_HOSTS.has(host)) {
    throw new AddressError(
      'OTHER_REGISTRY',
      'is not an address of Docker Hub',
      'Give docker.io, or leave provider out to have it told by the address.',
    );
  }
  const prefix = repositoryPrefix?.replace(PAGES, '');
  return { host: 'docker.io', ...(prefix && { repositoryPrefix: prefix }), plainHttp };
}
