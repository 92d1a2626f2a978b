import type { TokenCredential } from '@azure/identity';
import type { AwsKey } from '../lib/aws-key.ts';
import { AppError } from '../lib/errors.ts';
import { azureHttpClient } from '../net/azure-http-client.ts';
import type { Operator } from '../net/operator.ts';
import { awsKeyOf } from './aws.ts';
import { azureCredential } from './azure.ts';

/**
 * Who regcred is to the clouds: for its own stores, and for methods that have no material of their own, as far as the
 * project's `upstreams` let them. Each is opened at first use, once per process.
 */
export interface OwnIdentity {
  /** To Entra ID: see `azureCredential`. Nothing is asked for a token yet. */
  azure(): Promise<TokenCredential>;
  /** To AWS: a key that is good now. Throws STORE_UNAVAILABLE where none can be had. */
  aws(): Promise<AwsKey>;
}

export function openOwnIdentity(
  environment: NodeJS.ProcessEnv,
  { inAzure, operator }: { inAzure: boolean; operator: Operator },
): OwnIdentity {
  let azure: Promise<TokenCredential> | undefined;
  return {
    azure: () => (azure ??= azureCredential(environment, { inAzure, httpClient: azureHttpClient(operator) })),
    async aws() {
      const key = awsKeyOf(environment);
      if (key) return key;
      throw new AppError('STORE_UNAVAILABLE', 'This service has no key of AWS', { hint: AWS_KEY_MISSING });
    },
  };
}

export const AWS_KEY_MISSING =
  'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: are needed where secrets are kept in secrets-manager, or a role of AWS is assumed';
