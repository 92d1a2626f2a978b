import type { Azurite } from '../../peers/azurite.ts';
import type { SecretsManagerHosts } from '../../peers/secrets-manager-hosts.ts';
import { temporaryFolder } from '../../stores/temporary-folder.ts';
import type { Stage } from '../stage.ts';
import { openSecretsManagerPart } from './secrets-manager.ts';
import { viewStorageAccount } from './storage-account.ts';
import { openVaultPart } from './vault.ts';

/** Records in a table, work in storage queues, secrets in Secrets Manager or, before they are moved, in a Key Vault. */
export async function openAwsStage(azurite: Azurite, aws: SecretsManagerHosts): Promise<Stage> {
  const folder = await temporaryFolder();
  const vault = await openVaultPart();
  const secretsManager = await openSecretsManagerPart(aws);
  const account = azurite.newAccount();
  return {
    ...viewStorageAccount(account),
    secrets: async () => [...(await secretsManager.secrets()), ...(await vault.secrets())],
    data: folder.path,
    environment: {
      REGCRED_RECORDS: 'table',
      REGCRED_QUEUE: 'storage-queue',
      REGCRED_SECRETS: 'secrets-manager',
      AzureWebJobsStorage: account,
      ...vault.environment,
      ...secretsManager.environment,
    },
    policy: {
      network: {
        connectTo: { ...vault.network.connectTo, ...aws.hosts.network.connectTo },
        ca: vault.network.ca + aws.hosts.network.ca,
      },
    },
    writesSecret: 'PutSecretValue',
    sendsMessage: 'POST work/messages',
    finish: vault.finish,
    [Symbol.asyncDispose]: async () => {
      await vault[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
