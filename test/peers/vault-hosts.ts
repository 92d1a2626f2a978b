import { createEntra } from './entra.ts';
import { createKeyVault, type KeyVault } from './key-vault.ts';
import { startNamedHosts, type NamedHosts } from './named-hosts.ts';

export const VAULT = 'contoso-regcred.vault.azure.net';
export const VAULT_TOKEN = 'a-token-for-the-vault';
export const VAULT_TENANT = '9a8b7c6d-5e4f-4321-8765-43210fedcba9';
export const VAULT_APP = '3f2b8c1e-5d47-4a90-9b6e-0c1d2e3f4a5b';
export const VAULT_APP_SECRET = 'abc8Q~a-client-secret-of-regcred-itself-00';

export interface VaultHosts extends AsyncDisposable {
  hosts: NamedHosts;
  vault: KeyVault;
}

/** A vault and Entra ID under their real names. The vault takes the token above, and what Entra ID gives for vaults. */
export async function startVault(): Promise<VaultHosts> {
  const apps = { [VAULT_APP]: { secrets: [{ value: VAULT_APP_SECRET }] } };
  const entra = createEntra([{ id: VAULT_TENANT, apps }]);
  const isToken = (token: string) =>
    token === VAULT_TOKEN || (entra.principalOf(token)?.scope ?? '').split(' ').includes('https://vault.azure.net/.default');
  const vault = createKeyVault({ host: VAULT, tenantId: VAULT_TENANT, isToken });
  const hosts = await startNamedHosts({ [VAULT]: vault.handle, 'login.microsoftonline.com': entra.handle });
  return { hosts, vault, [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose]() };
}
