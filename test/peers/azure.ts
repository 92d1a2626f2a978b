import { createAcr, type AcrOptions } from './acr.ts';
import { createArm, type ArmResource } from './arm.ts';
import { createEntra, issuerOf, type Entra } from './entra.ts';
import { createGraph } from './graph.ts';
import { startNamedHosts, type NamedHosts } from './named-hosts.ts';

/** A tenant with apps of every kind, and a registry that lets some of them in. */
export const TENANT = '9a8b7c6d-5e4f-4321-8765-43210fedcba9';
export const OTHER_TENANT = '11112222-3333-4444-5555-666677778888';
export const REGISTRY = 'contoso.azurecr.io';
export const ENTRA = 'login.microsoftonline.com';
export const ARM = 'management.azure.com';
export const GRAPH = 'graph.microsoft.com';
export const CHINA_GRAPH = 'microsoftgraph.chinacloudapi.cn';

const GROUP = '/subscriptions/5b1c2d3e-4f50-4617-8899-aabbccddeeff/resourceGroups/images';
export const REGISTRY_ID = registryId('contoso');

export const APP = '3f2b8c1e-5d47-4a90-9b6e-0c1d2e3f4a5b';
/** May not read itself in Microsoft Graph, as most. */
export const OTHER_APP = '3f2b8c1e-5d47-4a90-9b6e-000000000009';
export const APP_WITHOUT_ROLE = '3f2b8c1e-5d47-4a90-9b6e-000000000001';
export const DISABLED_APP = '3f2b8c1e-5d47-4a90-9b6e-000000000002';

/** regcred itself, where it is an app. */
export const OWN_APP = '3f2b8c1e-5d47-4a90-9b6e-000000000003';
export const OWN_APP_SECRET = 'abc8Q~a-client-secret-of-regcred-itself-00';
export const OWN_ENVIRONMENT = { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: OWN_APP, AZURE_CLIENT_SECRET: OWN_APP_SECRET };

/** regcred itself in Azure, and an identity beside it that may do nothing with the registry but read it. */
export const OWN_IDENTITY = '3f2b8c1e-5d47-4a90-9b6e-000000000004';
export const IDENTITY_WITHOUT_ROLE = '3f2b8c1e-5d47-4a90-9b6e-000000000005';
export const IDENTITIES = [OWN_IDENTITY, IDENTITY_WITHOUT_ROLE];

/** As roles and trust know them. */
export const OWN_APP_OBJECT = '0b1ec71d-0000-4000-8000-000000000003';
export const OWN_IDENTITY_OBJECT = '0b1ec71d-0000-4000-8000-000000000004';

/** Apps that trust the identities of regcred; the first is known in both tenants. */
export const TRUSTING_APP = '3f2b8c1e-5d47-4a90-9b6e-000000000006';
export const TRUSTING_APP_WITHOUT_ROLE = '3f2b8c1e-5d47-4a90-9b6e-000000000007';
/** Registered in the other tenant, where no identity of this one can be trusted. */
export const FOREIGN_APP = '3f2b8c1e-5d47-4a90-9b6e-000000000008';

/** Of the first app, whose secrets begin alike; Microsoft Graph says until when each is good. */
export const APP_SECRET_ID = '73c912d2-fd2d-42a0-b3ae-2e45d006b8bc';
export const APP_SECRET_END = '2199-05-07T06:52:43.000Z';
export const APP_SECRET = 'abc8Q~a-client-secret-that-still-works-0000';
export const OLD_APP_SECRET = 'abc7Q~a-client-secret-that-has-expired-000';
export const ADMIN_PASSWORD = 'an-admin-password-of-contoso';
export const TOKEN_PASSWORD = 'a-token-password-of-contoso';

export interface Azure extends AsyncDisposable {
  hosts: NamedHosts;
  entra: Entra;
  /** Registries as resources; may be changed. */
  resources: ArmResource[];
  /** Sessions of uploads to the registry, which are open. */
  uploads: Map<string, string>;
}

export interface AzureOptions {
  registry?: Partial<AcrOptions>;
  /** More names under which that registry answers. */
  names?: string[];
  /** Further registries of the tenant, by login server. */
  others?: Record<string, Partial<AcrOptions>>;
  /** More names under which Entra ID answers. */
  entraNames?: string[];
}

/** The resource id of a registry by its name. */
export function registryId(name: string): string {
  return `${GROUP}/providers/Microsoft.ContainerRegistry/registries/${name}`;
}

/** Entra ID, Resource Manager and registries under their real names. */
export async function startAzure({ registry, names = [], others = {}, entraNames = [] }: AzureOptions = {}): Promise<Azure> {
  const entra = createEntra(tenants());
  const grants = { 'team/app': ['pull', 'push'], 'team/base': ['pull'] };
  const start = (options: Partial<AcrOptions> = {}) =>
    createAcr({
      entra,
      tenantId: TENANT,
      roles: Object.fromEntries([APP, OTHER_APP, OWN_APP, OWN_IDENTITY, TRUSTING_APP].map((id) => [id, { grants }])),
      adminPasswords: [ADMIN_PASSWORD],
      tokens: { 'ci-pull': { password: TOKEN_PASSWORD, grants: { 'team/app': ['pull'] } } },
      repositories: { 'team/app': {}, 'team/base': {} },
      ...options,
    });
  const readers = [OWN_APP, OWN_IDENTITY, IDENTITY_WITHOUT_ROLE];
  const resources = [REGISTRY, ...Object.keys(others)].map((host): ArmResource => {
    const [name = ''] = host.split(/[.-]/);
    return { id: registryId(name), loginServer: host, readers };
  });
  const { handle, uploads } = start(registry);
  const hosts = await startNamedHosts({
    ...Object.fromEntries([REGISTRY, ...names].map((name) => [name, handle])),
    ...Object.fromEntries(Object.entries(others).map(([name, options]) => [name, start(options).handle])),
    ...Object.fromEntries([ENTRA, ...entraNames].map((name) => [name, entra.handle])),
    ...Object.fromEntries([GRAPH, CHINA_GRAPH].map((host) => [host, createGraph({ entra, host })])),
    [ARM]: createArm({ entra, host: ARM, registries: resources }),
  });
  return { hosts, entra, resources, uploads, [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose]() };
}

function tenants(): Entra['tenants'] {
  const secrets = [
    { value: APP_SECRET, keyId: APP_SECRET_ID, endDateTime: APP_SECRET_END },
    {
      value: OLD_APP_SECRET,
      isExpired: true,
      keyId: '58ed553a-d3af-4520-8d81-4775274faac5',
      endDateTime: '2023-05-07T06:52:46Z',
    },
  ];
  const audience = 'api://AzureADTokenExchange';
  const issuer = issuerOf({ id: TENANT }, audience);
  const federated = [OWN_IDENTITY_OBJECT, OWN_APP_OBJECT].map((subject) => ({ issuer, subject, audience }));
  const trusting = { secrets: [], federated };
  return [
    {
      id: TENANT,
      domains: ['contoso.onmicrosoft.com'],
      apps: {
        [APP]: { secrets, mayReadItself: true },
        [OTHER_APP]: { secrets },
        [APP_WITHOUT_ROLE]: { secrets },
        [DISABLED_APP]: { secrets, isDisabled: true },
        [OWN_APP]: { secrets: [{ value: OWN_APP_SECRET }], objectId: OWN_APP_OBJECT },
        [OWN_IDENTITY]: { secrets: [], objectId: OWN_IDENTITY_OBJECT, isManaged: true },
        [IDENTITY_WITHOUT_ROLE]: { secrets: [], isManaged: true },
        [TRUSTING_APP]: trusting,
        [TRUSTING_APP_WITHOUT_ROLE]: trusting,
        [FOREIGN_APP]: { ...trusting, homeTenant: OTHER_TENANT },
      },
    },
    {
      id: OTHER_TENANT,
      apps: { [APP]: { secrets }, [FOREIGN_APP]: trusting, [TRUSTING_APP]: { ...trusting, homeTenant: TENANT } },
    },
  ];
}
