import { z } from 'zod';
import { parseRegistryAddress } from '../../oci/address.ts';
import { defineMethod } from '../provider.ts';
import { clientIdField, tenantIdField } from './app-fields.ts';
import { requestEntraToken } from './entra.ts';
import { ownCloud } from './cloud.ts';
import { exchangeToken, REGISTRY_SCOPE } from './exchange.ts';
import { exchangedLogin, narrowedLogin } from './exchanged-login.ts';
import { loginServerField } from './login-server-field.ts';
import { rolesHint } from './roles.ts';

const settingsSchema = () =>
  z.strictObject({
    url: loginServerField(),
    clientId: clientIdField({ description: 'The application (client) id of an app that trusts the identity of this service.' }),
    tenantId: tenantIdField({ description: 'The tenant that the registry belongs to; it may be another than that of the app.' }),
  });

/**
 * An app that trusts regcred's own identity by a federated credential: a token of regcred stands in for its secret. So a
 * registry in another tenant is reached, where a managed identity can have no role.
 *
 * https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
 */
export const acrWorkloadIdentity = defineMethod({
  provider: 'acr',
  method: 'workload-identity',
  title: 'App that trusts this service',
  description:
    "An app of Microsoft Entra ID with a federated credential for the service's own identity, also for registries of other tenants. No secret is stored; logins are made from it, each for some hours. The operator lists the app in the project's upstreams.",
  settings: settingsSchema,
  material: () => z.strictObject({}),
  registry: ({ url }) => parseRegistryAddress(url),
  username: ({ clientId }) => clientId,
  upstreams: ({ clientId }) => [{ pointer: '/clientId', name: clientId }],
  async login(context) {
    const { settings, cloud, scope, http, clock, signal } = context;
    const { tenantId, clientId } = settings;
    const wire = { session: http, clock, signal };
    const { entra, assertionAudience } = ownCloud(context);
    const assertion = await cloud.entraToken(`${assertionAudience}/.default`, { signal });
    const token = await requestEntraToken(
      wire,
      { host: entra, tenantId, clientId, proof: { assertion, audience: assertionAudience } },
      REGISTRY_SCOPE,
    );
    const exchanged = await exchangeToken(wire, { token, tenantId, noRoleHint: rolesHint(undefined, 'the app') });
    return scope ? narrowedLogin(wire, exchanged, scope) : exchangedLogin(exchanged);
  },
  /** Whom the registry gives a token by exchange in `login`, it knows. */
  identify: async () => ({ rightsHint: rolesHint(undefined, 'the app') }),
  tellsNoEnd: true,
  privileges: {
    pull: 'A federated credential of the app that trusts the managed identity of this service, and for the app in the tenant of the registry: AcrPull; where the registry uses ABAC repository permissions: Container Registry Repository Reader.',
    push: 'A federated credential of the app that trusts the managed identity of this service, and for the app in the tenant of the registry: AcrPush; where the registry uses ABAC repository permissions: Container Registry Repository Writer.',
  },
  mints: true,
  narrowing: true,
});
