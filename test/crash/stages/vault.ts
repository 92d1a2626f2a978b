import type { NamedHosts } from '../../peers/named-hosts.ts';
import { startVault, VAULT, VAULT_APP, VAULT_APP_SECRET, VAULT_TENANT } from '../../peers/vault-hosts.ts';
import type { Stage } from '../stage.ts';

interface VaultPart extends Pick<Stage, 'environment' | 'secrets' | 'finish'>, AsyncDisposable {
  network: NamedHosts['network'];
}

/** A Key Vault whose deletions and recoveries go on until `finish`, as they outlast every request in the real one. */
export async function openVaultPart(): Promise<VaultPart> {
  const { hosts, vault } = await startVault();
  Object.assign(vault.secrets.delays, { delete: Infinity, recover: Infinity });
  return {
    network: hosts.network,
    environment: {
      REGCRED_VAULT_URL: `https://${VAULT}`,
      AZURE_TENANT_ID: VAULT_TENANT,
      AZURE_CLIENT_ID: VAULT_APP,
      AZURE_CLIENT_SECRET: VAULT_APP_SECRET,
    },
    secrets: async () =>
      vault.secrets.inState('active', 'recovering', 'deleting', 'deleted').map(({ name, versions, state }) => ({
        store: 'key-vault',
        name,
        versionsInUse: versions.filter(({ attributes }) => attributes?.enabled !== false).map(({ id }) => id),
        isRemoved: state === 'deleting' || state === 'deleted',
        endsByItself: true,
      })),
    finish: (name) => vault.secrets.finish(name),
    [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose](),
  };
}
