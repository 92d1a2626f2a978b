import type { TokenCredential } from '@azure/identity';
import { Secret } from '../lib/secret.ts';
import { AZURE_CLIENT_OPTIONS, type AzureHttpClient } from '../net/azure-http-client.ts';
import { NetError } from '../net/net-error.ts';
import { IdentityError } from './identity-error.ts';
import { keptTokens } from './kept-tokens.ts';

/** Milliseconds that the Azure CLI may take for a token, which starts slowly, and the platform for one of a managed identity. */
const LIMIT = 20_000;

interface AzureCredentialOptions {
  inAzure: boolean;
  httpClient: AzureHttpClient;
  /** Another identity than the service's own. */
  clientId?: string | undefined;
}

/**
 * Who this program is to Azure's services. In Azure its managed identity: the user-assigned one that `clientId` names, else
 * AZURE_CLIENT_ID. Elsewhere what the environment says, and nothing is tried that it does not: an app with AZURE_TENANT_ID,
 * AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, else who is signed in to the Azure CLI. Nothing is asked for a token yet.
 * Throws IdentityError for another `clientId` outside Azure, where there is no way to be it.
 */
export async function azureCredential(
  environment: NodeJS.ProcessEnv,
  { inAzure, httpClient, clientId: wanted }: AzureCredentialOptions,
): Promise<TokenCredential> {
  const { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: secret } = environment;
  if (inAzure) return managedIdentity(wanted ?? clientId);
  const isApp = tenantId && clientId && secret;
  if (wanted && !(isApp && wanted === clientId.toLowerCase())) throw notThatIdentity();
  const identity = await import('@azure/identity');
  if (!isApp) return keptTokens(new identity.AzureCliCredential({ processTimeoutInMs: LIMIT }));
  const app = new identity.ClientSecretCredential(tenantId, clientId, secret, { httpClient, ...AZURE_CLIENT_OPTIONS });
  return noting(new Secret(secret), app);
}

/** The library has the secret as a text, and its errors repeat what Entra ID says: so the redactor hears of it each time. */
function noting(secret: Secret, credential: TokenCredential): TokenCredential {
  return {
    getToken(scopes, options) {
      secret.note();
      return credential.getToken(scopes, options);
    },
  };
}

/**
 * The identity of the function app: the user-assigned one with this client id, else the system's. Its tokens come over the
 * library's own client, because the platform's endpoint is plain http, which our door refuses. That client waits for ever, and
 * asks anew for whoever comes: here it is given `limit` milliseconds, and asked once.
 */
export async function managedIdentity(clientId: string | undefined, limit = LIMIT): Promise<TokenCredential> {
  const { ManagedIdentityCredential } = await import('@azure/identity');
  const credential = clientId ? new ManagedIdentityCredential({ clientId }) : new ManagedIdentityCredential();
  return keptTokens({ getToken: (scopes) => within(limit, credential.getToken(scopes)) });
}

/** Throws NetError; the work itself cannot be stopped. */
async function within<T>(limit: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const message = `The platform gave no token of its managed identity within ${limit / 1000} s.`;
  const timer = setTimeout(() => reject(new NetError('timeout', 'IDENTITY_TIMEOUT', message, 'Ask again later.')), limit);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function notThatIdentity(): IdentityError {
  return new IdentityError(
    'NOT_THAT_IDENTITY',
    'Outside Azure this service is only who AZURE_CLIENT_ID says, and cannot be another managed identity.',
    'Leave the client id out, or use it where the service runs in Azure with that identity assigned to it.',
  );
}
