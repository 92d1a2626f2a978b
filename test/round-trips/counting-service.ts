import { startAzurite } from '../peers/azurite.ts';
import { startVault, VAULT, VAULT_APP, VAULT_APP_SECRET, VAULT_TENANT } from '../peers/vault-hosts.ts';
import { eventually, startService, TEST_POLICY, type Reply, type Service } from '../service.ts';
import { countsOf, type Counts } from './counts.ts';

/** `remote`: the requests that went to the stores. */
export type StoreCounts = Counts & { remote: number };

export interface CountingService extends AsyncDisposable {
  service: Service;
  /** What the run that gave this answer came to. */
  counts: (reply: Reply) => Promise<StoreCounts>;
}

/** The service as it runs in Azure: records and work in Azurite, secrets in the Key Vault peer. */
export async function startCountingService(): Promise<CountingService> {
  const stack = new AsyncDisposableStack();
  try {
    const azurite = stack.use(await startAzurite());
    const { hosts } = stack.use(await startVault());
    const service = stack.use(
      await startService({
        program: 'test/round-trips/start.ts',
        policy: { network: { ...TEST_POLICY.network, ...hosts.network } },
        environment: {
          REGCRED_RECORDS: 'table',
          REGCRED_QUEUE: 'storage-queue',
          AzureWebJobsStorage: azurite.newAccount(),
          REGCRED_SECRETS: 'key-vault',
          REGCRED_VAULT_URL: `https://${VAULT}`,
          AZURE_TENANT_ID: VAULT_TENANT,
          AZURE_CLIENT_ID: VAULT_APP,
          AZURE_CLIENT_SECRET: VAULT_APP_SECRET,
        },
      }),
    );
    const ports = [azurite.tablePort, azurite.queuePort].map((port) => `http://127.0.0.1:${port}`);
    const stores = [...ports, ...hosts.names.map((name) => `https://${name}`)];
    const owned = stack.move();
    return {
      service,
      counts: async ({ headers }) => {
        const id = headers.get('x-request-id') ?? '';
        const counts = await eventually(async () => countsOf(id, service.output()));
        const remote = stores.reduce((sum, origin) => sum + (counts.requests[origin] ?? 0), 0);
        return { ...counts, remote };
      },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
