import { registryUrl } from '../registry-url.ts';
import { putAcrAddressRight } from './address.ts';

/** The address of every method of this provider. */
export function loginServerField() {
  return registryUrl(
    {
      label: 'Login server',
      description: 'The login server of the registry; its name alone will do in the public cloud.',
      obtain: 'Azure portal > the registry > Overview',
      example: 'contoso.azurecr.io',
    },
    putAcrAddressRight,
  );
}
