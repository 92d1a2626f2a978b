import { AddressError } from '../../oci/address.ts';
import { registryUrl } from '../registry-url.ts';
import { parseEcrHost } from './host.ts';

/** The address of a private registry; its name tells account and region. */
export const ecrUrl = () =>
  registryUrl(
    {
      example: '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
      description: 'The URI of the registry: the number of its account and its region are part of it.',
      obtain: 'AWS console > Elastic Container Registry > Repositories: the URI up to the first slash.',
    },
    (address) => {
      if (parseEcrHost(address.host)) return address;
      throw new AddressError(
        'NOT_ECR',
        'is not the address of a private registry of ECR',
        'It is ACCOUNT.dkr.ecr.REGION.amazonaws.com, with the 12 digits of the account.',
      );
    },
  );
