import { IDENTITIES, OWN_IDENTITY, startAzure } from '../../peers/azure.ts';
import { startPlatform } from '../../peers/managed-identity.ts';
import type { MethodUnderTest } from '../method.ts';

/** The service as it runs in Azure: as a managed identity, by tokens that the platform gives; once per file. */
export async function startManaged(forms: MethodUnderTest['forms'], upstreams: string[]): Promise<MethodUnderTest> {
  const azure = await startAzure();
  const platform = await startPlatform({ entra: azure.entra, identities: IDENTITIES });
  return {
    hosts: azure.hosts,
    forms,
    actsAs: { identity: platform.identityOf(OWN_IDENTITY), upstreams },
    async [Symbol.asyncDispose]() {
      await platform[Symbol.asyncDispose]();
      await azure[Symbol.asyncDispose]();
    },
  };
}
