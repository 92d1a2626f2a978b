import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { operatorNetwork } from '../../shared/net/operator.ts';
import { azureCredential } from '../../shared/identity/azure.ts';
import { azureHttpClient } from '../../shared/net/azure-http-client.ts';
import { startHttpPeer } from '../peers/http-peer.ts';
import { startVault, VAULT, VAULT_APP, VAULT_APP_SECRET, VAULT_TENANT } from '../peers/vault-hosts.ts';

const SCOPE = 'https://vault.azure.net/.default';

describe('who the program is to Azure', () => {
  test('in Azure: the managed identity that AZURE_CLIENT_ID names, whatever else is set', async () => {
    await using platform = await startHttpPeer((_request, response) => {
      const expires_on = String(Math.floor(Date.now() / 1000) + 3600);
      const token = { access_token: 'a-token-of-the-platform', expires_on, resource: 'x', token_type: 'Bearer' };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(token));
    });
    vi.stubEnv('IDENTITY_ENDPOINT', `${platform.url}/msi/token`);
    vi.stubEnv('IDENTITY_HEADER', 'a-header-of-the-platform');
    onTestFinished(() => void vi.unstubAllEnvs());
    await using operator = operatorNetwork({ inAzure: true });
    const environment = { AZURE_TENANT_ID: VAULT_TENANT, AZURE_CLIENT_ID: VAULT_APP, AZURE_CLIENT_SECRET: VAULT_APP_SECRET };

    const credential = await azureCredential(environment, { inAzure: true, httpClient: azureHttpClient(operator) });

    expect(await credential.getToken(SCOPE)).toMatchObject({ token: 'a-token-of-the-platform' });
    const asked = new URL(platform.requests[0]?.path ?? '', platform.url).searchParams;
    expect(asked.get('client_id')).toBe(VAULT_APP);
    expect(asked.get('resource')).toBe('https://vault.azure.net');
  });

  test('elsewhere: the app of the environment, whose token the vault takes', async () => {
    await using azure = await startVault();
    await using operator = operatorNetwork({ inAzure: false, ...azure.hosts.network });
    const environment = { AZURE_TENANT_ID: VAULT_TENANT, AZURE_CLIENT_ID: VAULT_APP, AZURE_CLIENT_SECRET: VAULT_APP_SECRET };

    const credential = await azureCredential(environment, { inAzure: false, httpClient: azureHttpClient(operator) });

    const token = await credential.getToken(SCOPE);
    const headers = { authorization: `Bearer ${token?.token}` };
    expect(await operator.request(`https://${VAULT}/secrets?api-version=7.4`, { headers })).toMatchObject({ status: 200 });
  });

  test('elsewhere, without an app: the Azure CLI, and nothing that answers on the network', async () => {
    await using azure = await startVault();
    await using operator = operatorNetwork({ inAzure: false, ...azure.hosts.network });
    // So that no CLI of this machine is found.
    vi.stubEnv('PATH', '/nowhere');
    onTestFinished(() => void vi.unstubAllEnvs());

    const credential = await azureCredential(
      { AZURE_CLIENT_ID: VAULT_APP },
      { inAzure: false, httpClient: azureHttpClient(operator) },
    );

    await expect(credential.getToken(SCOPE)).rejects.toMatchObject({ name: 'CredentialUnavailableError' });
    expect(azure.hosts.requests).toEqual([]);
  });
});
