import type { TokenCredential } from '@azure/identity';
import type { AwsKey } from '../lib/aws-key.ts';
import type { Clock } from '../lib/clock.ts';
import { azureHttpClient } from '../net/azure-http-client.ts';
import type { Operator } from '../net/operator.ts';
import { awsIdentity, type AwsIdentitySettings } from './aws.ts';
import { azureCredential } from './azure.ts';
import { requestFederationToken, type FederationToken } from './federation-token.ts';

/**
 * Who regcred is to the clouds: for its own stores, and for methods that have no material of their own, as far as the
 * project's `upstreams` let them. Each is opened at first use, once per process.
 */
export interface OwnIdentity {
  /** To Entra ID: see `azureCredential`. Nothing is asked for a token yet. */
  azure(): Promise<TokenCredential>;
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
  let credential: Promise<TokenCredential> | undefined;
  const azure = () => (credential ??= azureCredential(environment, { inAzure, httpClient: azureHttpClient(operator) }));
  const federationToken = async (signal: AbortSignal) => requestFederationToken(await azure(), tokenAudience, signal);
  return { azure, federationToken, aws: awsIdentity(environment, settings, { operator, clock, federationToken }) };
}
