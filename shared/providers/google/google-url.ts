import { AddressError } from '../../oci/address.ts';
import { registryUrl } from '../registry-url.ts';
import { universeOfHost } from './hosts.ts';

/** The address of a registry of Google, in any of its universes. */
export const googleUrl = () =>
  registryUrl(
    {
      example: 'europe-west1-docker.pkg.dev/my-project/my-repository',
      obtain: 'Google Cloud console > Artifact Registry > Repositories > the repository > Copy path.',
    },
    (address) => {
      if (universeOfHost(address.host)) return address;
      throw new AddressError(
        'NOT_GOOGLE',
        'is not the address of a container registry of Google',
        'It is LOCATION-docker.pkg.dev/PROJECT/REPOSITORY, or gcr.io/PROJECT.',
      );
    },
  );

/** The least rights of whoever logs in. */
export const GOOGLE_PRIVILEGES = {
  pull: 'The role Artifact Registry Reader (roles/artifactregistry.reader) on the repository.',
  push: 'The role Artifact Registry Writer (roles/artifactregistry.writer) on the repository.',
};
