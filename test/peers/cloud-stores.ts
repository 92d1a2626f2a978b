import { startAzurite } from './azurite.ts';
import type { NamedHosts } from './named-hosts.ts';
import { AWS_REGION, startSecretsManager } from './secrets-manager-hosts.ts';
import { startVault, VAULT, VAULT_APP, VAULT_APP_SECRET, VAULT_TENANT } from './vault-hosts.ts';

/** Everything that a service keeps, in peers of the clouds, and how it is led there. */
export interface CloudStores extends AsyncDisposable {
  environment: Record<string, string>;
  network: NamedHosts['network'];
}

/** Records and work in Azurite, secrets in a peer of Key Vault. */
export async function startAzureStores(): Promise<CloudStores> {
  const vault = await startVault();
  const azurite = await startAzurite();
  return {
    environment: {
      ...storageSettings(azurite.newAccount()),
      REGCRED_SECRETS: 'key-vault',
      REGCRED_VAULT_URL: `https://${VAULT}`,
      AZURE_TENANT_ID: VAULT_TENANT,
      AZURE_CLIENT_ID: VAULT_APP,
      AZURE_CLIENT_SECRET: VAULT_APP_SECRET,
    },
    network: vault.hosts.network,
    async [Symbol.asyncDispose]() {
      await vault[Symbol.asyncDispose]();
      await azurite[Symbol.asyncDispose]();
    },
  };
}

/** Records and work in Azurite, secrets in moto. */
export async function startAwsStores(): Promise<CloudStores> {
  const aws = await startSecretsManager();
  const azurite = await startAzurite();
  return {
    environment: {
      ...storageSettings(azurite.newAccount()),
      REGCRED_SECRETS: 'secrets-manager',
      REGCRED_AWS_REGION: AWS_REGION,
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'a-secret-key-of-regcred-itself',
    },
    network: aws.hosts.network,
    async [Symbol.asyncDispose]() {
      await aws[Symbol.asyncDispose]();
      await azurite[Symbol.asyncDispose]();
    },
  };
}

function storageSettings(connectionString: string) {
  return { REGCRED_RECORDS: 'table', REGCRED_QUEUE: 'storage-queue', AzureWebJobsStorage: connectionString };
}
