import { Refusal } from '../../oci/stages.ts';
import type { MethodContext } from '../provider.ts';
import { registryCloud } from './address.ts';

/** The services of Azure that belong to a registry, by the cloud that it is in. */
export interface AzureCloud {
  /** Where Entra ID gives tokens. */
  entra: string;
  /** Azure Resource Manager. */
  arm: string;
  /** Microsoft Graph. */
  graph: string;
  /** The audience of tokens that stand in for the secret of an app. */
  assertionAudience: string;
}

/**
 * By the end of login servers. Germany was closed in 2021.
 *
 * https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
 * https://learn.microsoft.com/graph/deployments
 * https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
 */
const CLOUDS: Record<string, AzureCloud> = {
  io: {
    entra: 'login.microsoftonline.com',
    arm: 'management.azure.com',
    graph: 'graph.microsoft.com',
    assertionAudience: 'api://AzureADTokenExchange',
  },
  cn: {
    entra: 'login.partner.microsoftonline.cn',
    arm: 'management.chinacloudapi.cn',
    graph: 'microsoftgraph.chinacloudapi.cn',
    assertionAudience: 'api://AzureADTokenExchangeChina',
  },
  us: {
    entra: 'login.microsoftonline.us',
    arm: 'management.usgovcloudapi.net',
    graph: 'graph.microsoft.us',
    assertionAudience: 'api://AzureADTokenExchangeUSGov',
  },
};

/** Of the cloud that the registry is in. Undefined: a cloud that has none any more. */
export function azureCloud(registryHost: string): AzureCloud | undefined {
  return CLOUDS[registryCloud(registryHost) ?? ''];
}

/**
 * The same for what acts as regcred itself. Throws Refusal for a cloud that was closed, and where the certificate of the
 * registry is not verified as everybody's is: the token that goes there is regcred's, and not the project's to risk.
 */
export function ownCloud({ registry: { host }, http: { tls } }: Pick<MethodContext, 'registry' | 'http'>): AzureCloud {
  if (tls !== 'verify') {
    throw new Refusal(
      'misconfigured',
      'TLS_RELAXED',
      `This service goes to ${host} as itself only where its certificate is verified, and tls says ${tls}.`,
      'Leave tls and ca out: registries of Azure have certificates that everybody trusts.',
    );
  }
  const cloud = azureCloud(host);
  if (cloud) return cloud;
  const hint = 'Give the address that the registry has now.';
  throw new Refusal('misconfigured', 'CLOUD_CLOSED', `The cloud of ${host} was closed.`, hint);
}
