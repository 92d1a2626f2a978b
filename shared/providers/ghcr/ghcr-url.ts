import { AddressError } from '../../oci/address.ts';
import type { RegistryAddress } from '../../oci/address.ts';
import { registryUrl } from '../registry-url.ts';
import { LEGACY_HOST } from './provider.ts';

/** The registry of GitHub Enterprise stands beside it, as a subdomain. */
const ENTERPRISE = /^containers\.(.+\..+)$/;

/** The address of GitHub's registry: ghcr.io, or one of GitHub Enterprise. */
export function ghcrUrl() {
  return registryUrl(
    {
      description:
        'ghcr.io, optionally with the owner or the package that this login is for; or containers.HOST of GitHub Enterprise.',
      example: 'ghcr.io/acme',
    },
    putRight,
  ).prefault('ghcr.io');
}

/**
 * Where the API of that GitHub is.
 *
 * https://docs.github.com/enterprise-cloud@latest/admin/data-residency/network-details-for-ghecom
 * https://docs.github.com/enterprise-server@latest/rest/quickstart
 */
export function gitHubApi({ host }: RegistryAddress): string {
  const [, enterprise] = ENTERPRISE.exec(host) ?? [];
  if (!enterprise) return 'https://api.github.com';
  return enterprise.endsWith('.ghe.com') ? `https://api.${enterprise}` : `https://${enterprise}/api/v3`;
}

function putRight(address: RegistryAddress): RegistryAddress {
  const { host } = address;
  if (host === 'ghcr.io' || ENTERPRISE.test(host)) return address;
  if (host === LEGACY_HOST) {
    throw new AddressError(
      'LEGACY_REGISTRY',
      'is the old registry of GitHub, which is closed',
      'Its images are at ghcr.io, under the same owner.',
    );
  }
  throw new AddressError(
    'OTHER_REGISTRY',
    'is not an address of a container registry of GitHub',
    'Give ghcr.io, or containers.HOST of GitHub Enterprise.',
  );
}
