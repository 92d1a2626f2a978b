import { z } from 'zod';
import { parseRegistryAddress } from '../../oci/address.ts';
import { defineMethod } from '../provider.ts';
import type { Identity } from '../provider.ts';
import { clientIdField } from './app-fields.ts';
import { objectId } from './arm-registry.ts';
import { exchangeToken, REGISTRY_SCOPE } from './exchange.ts';
import { exchangedLogin, narrowedLogin } from './exchanged-login.ts';
import { loginServerField } from './login-server-field.ts';
import { knownRegistry, readOwnRegistry, registryWarnings, roleModeOf } from './own-registry.ts';
import { registryIdField } from './registry-id.ts';
import { rolesHint } from './roles.ts';
import { readClaims } from './token-claims.ts';

const settingsSchema = () =>
  z.strictObject({
    url: loginServerField(),
    registryId: registryIdField(),
    clientId: clientIdField({
      label: 'Client id of the managed identity',
      order: 30,
      description: 'Another user-assigned identity that the function app of this service has. Left out: its own.',
      obtain: 'Azure portal > Managed Identities > the identity > Overview',
    }).optional(),
  });

/**
 * regcred's own identity. Before its token goes to the registry, Resource Manager confirms that the host is that of the
 * resource which the project may use: anybody can name a host.
 *
 * https://learn.microsoft.com/azure/container-registry/container-registry-authentication-managed-identity
 */
export const acrManagedIdentity = defineMethod({
  provider: 'acr',
  method: 'managed-identity',
  title: 'Managed identity',
  description:
    "The service's own identity in Azure, for which no secret is stored. Logins are made from it, each for some hours. The operator lists the registry in the project's upstreams.",
  settings: settingsSchema,
  material: () => z.strictObject({}),
  registry: ({ url }) => parseRegistryAddress(url),
  username: ({ clientId }) => clientId,
  upstreams: ({ registryId, clientId }) => [
    { pointer: '/registryId', name: registryId },
    ...(clientId ? [{ pointer: '/clientId', name: clientId }] : []),
  ],
  async login(context) {
    const { settings, cloud, scope, http, clock, signal } = context;
    const wire = { session: http, clock, signal };
    const mode = roleModeOf(await knownRegistry(context));
    const token = await cloud.entraToken(REGISTRY_SCOPE, { signal, clientId: settings.clientId });
    const noRoleHint = rolesHint(mode, `the identity of this service${objectId(token)}`);
    const exchanged = await exchangeToken(wire, { token, tenantId: readClaims(token).tid, noRoleHint });
    return scope ? narrowedLogin(wire, exchanged, scope) : exchangedLogin(exchanged);
  },
  /** Whom the registry gives a token by exchange in `login`, it knows. */
  async identify(context): Promise<Identity> {
    const registry = await readOwnRegistry(context);
    return {
      warnings: registryWarnings(registry),
      rightsHint: rolesHint(roleModeOf(registry), 'the identity of this service'),
    };
  },
  tellsNoEnd: true,
  privileges: {
    pull: "For the service's identity: Reader on the registry, and AcrPull; where the registry uses ABAC repository permissions, Container Registry Repository Reader in place of AcrPull.",
    push: "For the service's identity: Reader on the registry, and AcrPush; where the registry uses ABAC repository permissions, Container Registry Repository Writer in place of AcrPush.",
  },
  mints: true,
  narrowing: true,
});
