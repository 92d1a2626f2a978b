import { z } from 'zod';
import { parseRegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import type { Login } from '../../oci/login.ts';
import { asRefusal } from '../../oci/refusals.ts';
import type { Refusal, Verdict, Warning } from '../../oci/stages.ts';
import type { Secret } from '../../lib/secret.ts';
import { defineMethod, secretField } from '../provider.ts';
import type { FieldMeta, Identity, MethodContext, Mistake } from '../provider.ts';
import { findForeignToken, findPasteMistake } from '../token-shapes.ts';
import { entraHost } from './address.ts';
import { requestEntraToken } from './entra.ts';
import { exchangeToken, narrowToken } from './exchange.ts';
import { NULL_GUID, readGuid } from './guid.ts';
import { loginServerField } from './login-server-field.ts';

const Settings = z.strictObject({
  url: loginServerField(),
  clientId: z
    .string()
    .max(100)
    .meta({
      label: 'Client id',
      group: 'details',
      order: 20,
      description: 'The application (client) id of the service principal.',
      obtain: 'Azure portal > Microsoft Entra ID > App registrations > the app > Overview',
      example: '3f2b8c1e-5d47-4a90-9b6e-0c1d2e3f4a5b',
    } satisfies FieldMeta)
    .transform((text, context) => {
      const clientId = readGuid(text);
      if (clientId && clientId !== NULL_GUID) return clientId;
      const { message, ...params } = clientId ? SHORT_LIVED : NOT_A_GUID;
      context.addIssue({ code: 'custom', message, params });
      return z.NEVER;
    }),
  tenantId: z
    .string()
    .max(253)
    .optional()
    .meta({
      label: 'Tenant id',
      group: 'details',
      order: 30,
      description:
        'The tenant that the registry belongs to. With it a check can tell what is wrong with a login, and logins can be narrowed to repositories.',
      obtain: 'Azure portal > Microsoft Entra ID > Overview',
      example: '9a8b7c6d-5e4f-4321-8765-43210fedcba9',
    } satisfies FieldMeta)
    .transform((text, context) => {
      const tenantId = text === undefined ? undefined : (readGuid(text) ?? text.trim().toLowerCase());
      if (tenantId === undefined || readGuid(tenantId) || DOMAIN.test(tenantId)) return tenantId;
      const { message, ...params } = NOT_A_TENANT;
      context.addIssue({ code: 'custom', message, params });
      return z.NEVER;
    }),
});

const Material = z.strictObject({
  clientSecret: secretField(
    {
      label: 'Client secret',
      order: 40,
      obtain: 'Azure portal > Microsoft Entra ID > App registrations > the app > Certificates & secrets. Its value, not its id.',
      example: 'abc8Q~an-example-of-a-client-secret-0000000',
    },
    1024,
    (text) => findPasteMistake(text) ?? findSecretId(text) ?? findForeignToken(text, ['entra-client-secret']),
  ),
});

/** One of a tenant's domains, such as contoso.onmicrosoft.com. */
const DOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/;

const NOT_A_GUID: Mistake = {
  code: 'NOT_A_GUID',
  message: 'is not the id of an app',
  hint: 'Give the application (client) id, which has the form 00000000-0000-0000-0000-000000000000, not a name or an address.',
};

const SHORT_LIVED: Mistake = {
  code: 'SHORT_LIVED',
  message: 'is what stands in place of a user name where the password is a token of some hours',
  hint: 'Give the client id of a service principal, and its client secret.',
};

const NOT_A_TENANT: Mistake = {
  code: 'NOT_A_TENANT',
  message: 'is neither the id of a tenant nor one of its domains',
  hint: 'Give the tenant (directory) id, which has the form 00000000-0000-0000-0000-000000000000.',
};

/** Entra ID shows the id of a secret beside its value for good, and the value only once. */
function findSecretId(text: string): Mistake | undefined {
  if (!readGuid(text)) return undefined;
  return { code: 'SECRET_ID', message: 'is an id, not a secret', hint: "Give the secret's value; its id does not log in." };
}

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
      return { provesNothing: true, warnings: [entraNotAsked(refusal)] };
    }
  },
  warnings: ({ url, tenantId }) => (tenantId && entraOf(url) ? [] : [NO_TENANT]),
  refusedHint:
    'Check the client id and the secret, whether the secret has expired, and whether the app has a role on the registry. With the tenant id, a check can tell which it is.',
  privileges: {
    pull: 'AcrPull; where the registry uses ABAC repository permissions: Container Registry Repository Reader.',
    push: 'AcrPush; where the registry uses ABAC repository permissions: Container Registry Repository Writer.',
  },
  mints: false,
  narrowing: true,
});

/** What says something of the login; the rest says something of Entra ID, and the registry can still prove the login. */
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
  const scopes = repositories.map((name) => `repository:${name}:${actions.join(',')}`);
  const { value, expiresAt } = await narrowToken({ session: http, clock, signal }, refreshToken, scopes);
  return { username: NULL_GUID, password: value, expiresAt, scope: 'restricted' };
}

function entraOf(url: string): string | undefined {
  return entraHost(parseRegistryAddress(url).host);
}

function entraNotAsked({ message, hint }: Refusal): Warning {
  return {
    code: 'ENTRA_NOT_ASKED',
    detail: `${message} So it is only known what the registry says of the login.`,
    hint,
  };
}
