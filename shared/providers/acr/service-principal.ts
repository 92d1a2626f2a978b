import { z } from 'zod';
import type { Secret } from '../../lib/secret.ts';
import { parseRegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import { asRefusal } from '../../oci/refusals.ts';
import type { Refusal, Verdict, Warning } from '../../oci/stages.ts';
import { defineMethod } from '../provider.ts';
import type { Identity, MethodContext } from '../provider.ts';
import { clientIdField, clientSecretField, tenantIdField } from './app-fields.ts';
import { azureCloud } from './cloud.ts';
import { requestEntraToken } from './entra.ts';
import { exchangeToken, REGISTRY_SCOPE } from './exchange.ts';
import { narrowedLogin } from './exchanged-login.ts';
import { loginServerField } from './login-server-field.ts';
import { rolesHint } from './roles.ts';

const settingsSchema = () =>
  z.strictObject({
    url: loginServerField(),
    clientId: clientIdField(),
    tenantId: tenantIdField({
      description:
        'The tenant that the registry belongs to. With it a check can tell what is wrong with a login, and logins can be narrowed to repositories.',
    }).optional(),
  });

const materialSchema = () => z.strictObject({ clientSecret: clientSecretField() });

type Context = MethodContext<z.output<ReturnType<typeof settingsSchema>>, z.output<ReturnType<typeof materialSchema>>>;

/**
 * An app of Entra ID with a client secret, which the registry takes as they are. Where the tenant is given, Entra ID is asked
 * first, because the registry answers all that is wrong with the same 401.
 *
 * https://learn.microsoft.com/azure/container-registry/container-registry-auth-service-principal
 */
export const acrServicePrincipal = defineMethod({
  provider: 'acr',
  method: 'service-principal',
  title: 'Service principal',
  description: 'An app of Microsoft Entra ID with a client secret and a role on the registry.',
  settings: settingsSchema,
  material: materialSchema,
  registry: ({ url }) => parseRegistryAddress(url),
  username: ({ clientId }) => clientId,
  async login(context) {
    const { settings, material, scope, http, clock, signal } = context;
    const exchanged = scope && exchangeFor(context);
    if (!exchanged) return asItIs(settings.clientId, material.clientSecret);
    return narrowedLogin({ session: http, clock, signal }, await exchanged, scope);
  },
  async identify(context): Promise<Identity> {
    try {
      const exchanged = await exchangeFor(context);
      return exchanged ? { rightsHint: rolesHint(undefined, 'the app') } : { provesNothing: true };
    } catch (error) {
      const refusal = asRefusal(error);
      if (CLEAR_NO.has(refusal.verdict)) throw refusal;
      return { provesNothing: true, warnings: [unconfirmed(refusal)] };
    }
  },
  warnings: ({ url, tenantId }) => (tenantId && azureCloud(parseRegistryAddress(url).host) ? [] : [NO_TENANT]),
  refusedHint:
    'Check the client id and the secret, whether the secret has expired, and whether the app has a role on the registry. With the tenant id, a check can tell which it is.',
  privileges: {
    pull: 'AcrPull; where the registry uses ABAC repository permissions: Container Registry Repository Reader.',
    push: 'AcrPush; where the registry uses ABAC repository permissions: Container Registry Repository Writer.',
  },
  mints: false,
  narrowing: true,
});

/** What says something of the login. The rest says something of who was asked, and the registry can still prove the login. */
const CLEAR_NO: ReadonlySet<Verdict> = new Set<Verdict>(['invalid_credentials', 'expired', 'insufficient_permission']);

const NO_TENANT: Warning = {
  code: 'TENANT_NOT_KNOWN',
  detail:
    'Entra ID was not asked. If the registry refuses the login, it cannot be told whether the secret is wrong, the secret has expired, the app is unknown or a role is missing.',
  hint: 'Give the tenant id.',
};

/** A token of the registry for the principal, by way of Entra ID; undefined where no tenant is known. */
function exchangeFor({ settings, material, registry, http, clock, signal }: Context): Promise<Secret> | undefined {
  const { tenantId, clientId } = settings;
  const cloud = azureCloud(registry.host);
  if (!tenantId || !cloud) return undefined;
  const wire = { session: http, clock, signal };
  const app = { host: cloud.entra, tenantId, clientId, proof: material };
  return requestEntraToken(wire, app, REGISTRY_SCOPE).then((token) =>
    exchangeToken(wire, { token, tenantId, noRoleHint: rolesHint(undefined, 'the app') }),
  );
}

function unconfirmed({ message, hint }: Refusal): Warning {
  return {
    code: 'IDENTITY_UNCONFIRMED',
    detail: `${message} So it is only known what the registry says of the login.`,
    hint,
  };
}
