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
