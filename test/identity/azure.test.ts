import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { operatorNetwork } from '../../shared/net/operator.ts';
import { azureCredential } from '../../shared/identity/azure.ts';
import { openOwnIdentity } from '../../shared/identity/own-identity.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { requestEntraToken } from '../../shared/identity/entra-token.ts';
import { azureHttpClient, type AzureHttpClient } from '../../shared/net/azure-http-client.ts';
import { IDENTITIES, IDENTITY_WITHOUT_ROLE, OWN_IDENTITY, TENANT } from '../peers/azure.ts';
import { createEntra } from '../peers/entra.ts';
import { startPlatform } from '../peers/managed-identity.ts';
import { startVault, VAULT, VAULT_APP, VAULT_APP_SECRET, VAULT_TENANT } from '../peers/vault-hosts.ts';

const SCOPE = 'https://vault.azure.net/.default';

describe('who the program is to Azure', () => {
  test('in Azure: the managed identity that AZURE_CLIENT_ID names, or another that is asked for, whatever else is set', async () => {
    const entra = createEntra([{ id: TENANT, apps: { [OWN_IDENTITY]: { secrets: [], isManaged: true } } }]);
    await using platform = await startPlatform({ entra, identities: IDENTITIES });
    const whoIs = async (clientId?: string) =>
      entra.principalOf((await requestEntraToken(await managed(clientId), SCOPE, soon())).reveal());

    expect(await whoIs()).toMatchObject({ clientId: OWN_IDENTITY, scope: SCOPE, isManaged: true });
    expect(await whoIs(IDENTITY_WITHOUT_ROLE)).toMatchObject({ clientId: IDENTITY_WITHOUT_ROLE });
    await expect(whoIs(VAULT_APP)).rejects.toMatchObject({ code: 'ENTRA_IDENTITY_MISSING', isOutage: false });
    expect(platform.requests).toHaveLength(3);
  });

  test('in Azure, where no identity was assigned to the function app: nobody, and nothing is asked', async () => {
    await using operator = operatorNetwork({ inAzure: true });
    const settings = { inAzure: true, tokenAudience: 'api://regcred' };
    const own = openOwnIdentity({ AZURE_CLIENT_ID: OWN_IDENTITY }, settings, { operator, clock: systemClock });

    await expect(own.entraToken(SCOPE, { signal: soon() })).rejects.toMatchObject({
      code: 'ENTRA_IDENTITY_MISSING',
      hint: expect.stringContaining('assigned to the function app'),
    });
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

  test('elsewhere: no other identity than its own', async () => {
    const environment = { AZURE_TENANT_ID: VAULT_TENANT, AZURE_CLIENT_ID: VAULT_APP, AZURE_CLIENT_SECRET: VAULT_APP_SECRET };
    const be = (clientId: string, as: NodeJS.ProcessEnv = environment) =>
      azureCredential(as, { inAzure: false, httpClient: NO_HTTP, clientId });

    await expect(be(IDENTITY_WITHOUT_ROLE)).rejects.toMatchObject({ code: 'NOT_THAT_IDENTITY' });
    await expect(be(VAULT_APP, { AZURE_CLIENT_ID: VAULT_APP })).rejects.toMatchObject({ code: 'NOT_THAT_IDENTITY' });
    await expect(be(VAULT_APP)).resolves.toBeDefined();
  });

  test('the Azure CLI is started once for each scope, however many ask, and again near the end of its token', async () => {
    await using cli = await startCli();
    const credential = await azureCredential({}, { inAzure: false, httpClient: NO_HTTP });
    const ask = (scope: string) => requestEntraToken(credential, `https://${scope}/.default`, soon());

    const tokens = await Promise.all([ask('vault.azure.net'), ask('vault.azure.net'), ask('management.azure.com')]);
    await ask('vault.azure.net');

    expect(tokens.map((token) => token.reveal())).toEqual(['cli-token', 'cli-token', 'cli-token']);
    expect(await cli.starts()).toBe(2);
    await cli.answerWith({ lifeSeconds: 60 });
    await ask('graph.microsoft.com');
    await ask('graph.microsoft.com');
    expect(await cli.starts()).toBe(4);
  });

  test('the Azure CLI that nobody has signed in to is asked again later', async () => {
    await using cli = await startCli();
    await cli.answerWith({ refusal: 'Please run "az login" to setup account.' });
    const credential = await azureCredential({}, { inAzure: false, httpClient: NO_HTTP });

    await expect(requestEntraToken(credential, SCOPE, soon())).rejects.toMatchObject({
      code: 'ENTRA_IDENTITY_MISSING',
      hint: expect.stringContaining('az login'),
    });
    await cli.answerWith({ lifeSeconds: 3600 });

    expect((await requestEntraToken(credential, SCOPE, soon())).reveal()).toBe('cli-token');
  });

  test('a wait ends with its signal, also where the library goes on', async () => {
    const controller = new AbortController();
    const asking = requestEntraToken({ getToken: () => new Promise(() => {}) }, SCOPE, controller.signal);
    controller.abort();

    await expect(asking).rejects.toMatchObject({ code: 'ENTRA_DOWN', isOutage: true });
  });
});

/** In Azure. */
const managed = (clientId?: string) =>
  azureCredential(
    { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: OWN_IDENTITY, AZURE_CLIENT_SECRET: VAULT_APP_SECRET },
    { inAzure: true, httpClient: NO_HTTP, ...(clientId && { clientId }) },
  );

const NO_HTTP: AzureHttpClient = { sendRequest: () => Promise.reject(new Error('Nothing is to be asked here.')) };

const soon = () => AbortSignal.timeout(20_000);

interface Cli extends AsyncDisposable {
  answerWith(answer: { lifeSeconds?: number; refusal?: string }): Promise<void>;
  /** How often it was run. */
  starts(): Promise<number>;
}

/** A program of the name `az`, the only one on the PATH, that notes each start. */
async function startCli(): Promise<Cli> {
  const folder = await mkdtemp(join(tmpdir(), 'regcred-cli-'));
  const log = join(folder, 'starts');
  const answerWith: Cli['answerWith'] = async ({ lifeSeconds = 3600, refusal }) => {
    const expires_on = Math.floor(Date.now() / 1000) + lifeSeconds;
    const token = JSON.stringify({ accessToken: 'cli-token', expires_on, tokenType: 'Bearer' });
    const act = refusal ? `echo '${refusal}' >&2; exit 1` : `echo '${token}'`;
    await writeFile(join(folder, 'az'), `#!/bin/sh\necho start >> '${log}'\n${act}\n`, { mode: 0o755 });
  };
  await writeFile(log, '');
  await answerWith({});
  vi.stubEnv('PATH', folder);
  return {
    answerWith,
    starts: async () => (await readFile(log, 'utf8')).split('\n').length - 1,
    async [Symbol.asyncDispose]() {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true });
    },
  };
}
