import type { TokenCredential } from '@azure/identity';
import { AZURE_CLIENT_OPTIONS, type AzureHttpClient } from '../net/azure-http-client.ts';

/**
 * Who this program is to Azure's services. In Azure its managed identity: the user-assigned one that AZURE_CLIENT_ID names.
 * Elsewhere what the environment says, and nothing is tried that it does not: an app with AZURE_TENANT_ID,
 * AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, else who is signed in to the Azure CLI. Nothing is asked for a token yet.
 */
export async function azureCredential(
  environment: NodeJS.ProcessEnv,
  { inAzure, httpClient }: { inAzure: boolean; httpClient: AzureHttpClient },
): Promise<TokenCredential> {
  const { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: secret } = environment;
  if (inAzure) return managedIdentity(clientId);
  const identity = await import('@azure/identity');
  if (!tenantId || !clientId || !secret) return new identity.AzureCliCredential();
  return new identity.ClientSecretCredential(tenantId, clientId, secret, { httpClient, ...AZURE_CLIENT_OPTIONS });
}

/**
 * The identity of the function app: the user-assigned one with this client id, else the system's. Its tokens come over the
 * library's own client, because the platform's endpoint is plain http, which our door refuses.
 */
export async function managedIdentity(clientId: string | undefined): Promise<TokenCredential> {
  const { ManagedIdentityCredential } = await import('@azure/identity');
  return clientId ? new ManagedIdentityCredential({ clientId }) : new ManagedIdentityCredential();
}
