import { z } from 'zod';
import type { Secret } from '../../lib/secret.ts';
import { parseRegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import { asRefusal } from '../../oci/refusals.ts';
import type { Refusal, Verdict, Warning } from '../../oci/stages.ts';
import type { Wire } from '../../oci/wire.ts';
import { defineMethod } from '../provider.ts';
import type { Identity, MethodContext } from '../provider.ts';
import { expiryWarnings } from '../expiry.ts';
import { clientIdField, clientSecretField, tenantIdField } from './app-fields.ts';
import { findAppSecret } from './app-secret.ts';
import type { SignedInApp } from './app-secret.ts';
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
  description:
    'An app of Microsoft Entra ID with a client secret and a role on the registry. Until when the secret is good is known where the app may read itself in Microsoft Graph.',
  settings: settingsSchema,
  material: materialSchema,
  registry: ({ url }) => parseRegistryAddress(url),
  username: ({ clientId }) => clientId,
  async login(context) {
    const { settings, material, scope } = context;
    const app = appOf(context);
    if (!app || !scope) return asItIs(settings.clientId, material.clientSecret);
    const wire = wireOf(context);
    return narrowedLogin(wire, await exchange(wire, app, await signIn(wire, app)), scope);
  },
  async identify(context): Promise<Identity> {
    const app = appOf(context);
    if (!app) return { provesNothing: true };
    try {
      const wire = wireOf(context);
      const token = await signIn(wire, app);
      const [, secret] = await Promise.all([exchange(wire, app, token), findAppSecret(wire, app)]);
      const warnings = secret ? expiryWarnings(secret.expiresAt, context.clock) : [];
      return { ...secret, warnings, rightsHint: rolesHint(undefined, 'the app') };
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

/** Undefined where no tenant is known that could be asked. */
function appOf({ settings, material, registry }: Context): SignedInApp | undefined {
  const { tenantId, clientId } = settings;
  const cloud = azureCloud(registry.host);
  return tenantId && cloud ? { host: cloud.entra, graph: cloud.graph, tenantId, clientId, proof: material } : undefined;
}

function wireOf({ http, clock, signal }: Context): Wire {
  return { session: http, clock, signal };
}

function signIn(wire: Wire, app: SignedInApp): Promise<Secret> {
  return requestEntraToken(wire, app, REGISTRY_SCOPE);
}

function exchange(wire: Wire, { tenantId }: SignedInApp, token: Secret): Promise<Secret> {
  return exchangeToken(wire, { token, tenantId, noRoleHint: rolesHint(undefined, 'the app') });
}

function unconfirmed({ message, hint }: Refusal): Warning {
  return {
    code: 'IDENTITY_UNCONFIRMED',
    detail: `${message} So it is only known what the registry says of the login.`,
    hint,
  };
}
