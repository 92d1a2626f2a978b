import { z } from 'zod';
import type { Secret } from '../../lib/secret.ts';
import { parseRegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import type { Login } from '../../oci/login.ts';
import { asRefusal } from '../../oci/refusals.ts';
import type { Refusal, Verdict, Warning } from '../../oci/stages.ts';
import { defineMethod } from '../provider.ts';
import type { Identity, MethodContext } from '../provider.ts';
import { entraHost } from './address.ts';
import { clientIdField, clientSecretField, tenantIdField } from './app-fields.ts';
import { requestEntraToken } from './entra.ts';
import { exchangeToken, narrowToken } from './exchange.ts';
import { NULL_GUID } from './guid.ts';
import { loginServerField } from './login-server-field.ts';

const Settings = z.strictObject({ url: loginServerField(), clientId: clientIdField(), tenantId: tenantIdField() });

const Material = z.strictObject({ clientSecret: clientSecretField() });

type Context = MethodContext<z.output<typeof Settings>, z.output<typeof Material>>;

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
  settings: Settings,
  material: Material,
  registry: ({ url }) => parseRegistryAddress(url),
  username: ({ clientId }) => clientId,
  async login(context) {
    const { settings, material, scope } = context;
    const exchanged = scope && exchangeFor(context);
    if (!exchanged) return asItIs(settings.clientId, material.clientSecret);
    return narrowedLogin(context, await exchanged, scope);
  },
  async identify(context): Promise<Identity> {
    try {
      const exchanged = await exchangeFor(context);
      return exchanged ? {} : { provesNothing: true };
    } catch (error) {
      const refusal = asRefusal(error);
      if (CLEAR_NO.has(refusal.verdict)) throw refusal;
      return { provesNothing: true, warnings: [unconfirmed(refusal)] };
    }
  },
  warnings: ({ url, tenantId }) => (tenantId && entraHost(parseRegistryAddress(url).host) ? [] : [NO_TENANT]),
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
  const host = entraHost(registry.host);
  if (!tenantId || !host) return undefined;
  const wire = { session: http, clock, signal };
  const principal = { host, tenantId, clientId, clientSecret: material.clientSecret };
  return requestEntraToken(wire, principal).then((token) => exchangeToken(wire, tenantId, token));
}

/** The registry takes its own access token as a password, under the null GUID. */
async function narrowedLogin(
  { http, clock, signal }: Context,
  refreshToken: Secret,
  { repositories, actions }: NonNullable<Context['scope']>,
): Promise<Login> {
  // Who pushes must also see what is there already: the registry itself asks for both.
  const rights = actions.includes('push') ? 'pull,push' : 'pull';
  const scopes = repositories.map((name) => `repository:${name}:${rights}`);
  const { value, expiresAt } = await narrowToken({ session: http, clock, signal }, refreshToken, scopes);
  return { username: NULL_GUID, password: value, expiresAt, scope: 'restricted' };
}

function unconfirmed({ message, hint }: Refusal): Warning {
  return {
    code: 'IDENTITY_UNCONFIRMED',
    detail: `${message} So it is only known what the registry says of the login.`,
    hint,
  };
}
