import type { Azurite } from '../../peers/azurite.ts';
import { temporaryFolder } from '../../stores/temporary-folder.ts';
import type { Stage } from '../stage.ts';
import { localSecrets } from './local-secrets.ts';
import { viewStorageAccount } from './storage-account.ts';
import { openVaultPart } from './vault.ts';

/** Records in a table, work in storage queues, secrets in a Key Vault or, before they are moved, in local files. */
export async function openAzureStage(azurite: Azurite): Promise<Stage> {
  const folder = await temporaryFolder();
  const vault = await openVaultPart();
  const account = azurite.newAccount();
  return {
    ...viewStorageAccount(account),
    secrets: async () => [...(await vault.secrets()), ...(await localSecrets(folder.path))],
    data: folder.path,
    environment: {
      REGCRED_RECORDS: 'table',
      REGCRED_QUEUE: 'storage-queue',
      REGCRED_SECRETS: 'key-vault',
      AzureWebJobsStorage: account,
      ...vault.environment,
    },
    policy: { network: vault.network },
    writesSecret: 'PUT secrets/*',
    sendsMessage: 'POST work/messages',
    finish: vault.finish,
    [Symbol.asyncDispose]: async () => {
      await vault[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
