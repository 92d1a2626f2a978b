import type { TokenCredential } from '@azure/identity';
import type { AwsKey } from '../lib/aws-key.ts';
import type { Clock } from '../lib/clock.ts';
import type { Secret } from '../lib/secret.ts';
import { azureHttpClient } from '../net/azure-http-client.ts';
import type { Operator } from '../net/operator.ts';
import { awsIdentity, type AwsIdentitySettings } from './aws.ts';
import { azureCredential } from './azure.ts';
import { noIdentity, requestEntraToken } from './entra-token.ts';
import { requestFederationToken, type FederationToken } from './federation-token.ts';

/**
 * Who regcred is to the clouds: for its own stores, and for methods that have no material of their own, as far as the
 * project's `upstreams` let them. Each is opened at first use, once per process.
 */
export interface OwnIdentity {
  /** To Entra ID: see `azureCredential`. Nothing is asked for a token yet. */
  azure(): Promise<TokenCredential>;
  /**
   * A token of Entra ID for `scope`, or the one that is still good; with `clientId` as that other managed identity of the
   * function app. Throws IdentityError.
   */
  entraToken(scope: string, options: { signal: AbortSignal; clientId?: string | undefined }): Promise<Secret>;
  /** A token of Entra ID for clouds that trust it: its audience is REGCRED_TOKEN_AUDIENCE. Throws IdentityError. */
  federationToken(signal: AbortSignal): Promise<FederationToken>;
  /** To AWS: a key that is good for some minutes, at least. Throws IdentityError. */
  aws(): Promise<AwsKey>;
}

/** What of the settings says who regcred is. */
export interface IdentitySettings extends AwsIdentitySettings {
  /** An application id URI. */
  tokenAudience: string;
}

export function openOwnIdentity(
  environment: NodeJS.ProcessEnv,
  settings: IdentitySettings,
  { operator, clock }: { operator: Operator; clock: Clock },
): OwnIdentity {
  const { inAzure, tokenAudience } = settings;
  const httpClient = azureHttpClient(operator);
  const credentials = new Map<string | undefined, Promise<TokenCredential>>();
  const azure = (clientId?: string) => {
    const known = credentials.get(clientId) ?? azureCredential(environment, { inAzure, httpClient, clientId });
    credentials.set(clientId, known);
    return known;
  };
  const assigned = (clientId?: string) => {
    // A function app without an identity has no such endpoint, and the library would look for that of a virtual machine.
    if (inAzure && !environment['IDENTITY_ENDPOINT']) throw noIdentity();
    return azure(clientId);
  };
  const federationToken = async (signal: AbortSignal) => requestFederationToken(await assigned(), tokenAudience, signal);
  return {
    azure: () => azure(),
    entraToken: async (scope, { signal, clientId }) => requestEntraToken(await assigned(clientId), scope, signal),
    federationToken,
    aws: awsIdentity(environment, settings, { operator, clock, federationToken }),
  };
}
