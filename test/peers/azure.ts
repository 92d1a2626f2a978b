import { createAcr, type AcrOptions } from './acr.ts';
import { createEntra } from './entra.ts';
import { startNamedHosts, type NamedHosts } from './named-hosts.ts';

/** A tenant with apps of every kind, and a registry that lets some of them in. */
export const TENANT = '9a8b7c6d-5e4f-4321-8765-43210fedcba9';
export const OTHER_TENANT = '11112222-3333-4444-5555-666677778888';
export const REGISTRY = 'contoso.azurecr.io';
export const ENTRA = 'login.microsoftonline.com';

export const APP = '3f2b8c1e-5d47-4a90-9b6e-0c1d2e3f4a5b';
export const APP_WITHOUT_ROLE = '3f2b8c1e-5d47-4a90-9b6e-000000000001';
export const DISABLED_APP = '3f2b8c1e-5d47-4a90-9b6e-000000000002';

export const APP_SECRET = 'abc8Q~a-client-secret-that-still-works-0000';
export const OLD_APP_SECRET = 'abc7Q~a-client-secret-that-has-expired-000';
export const ADMIN_PASSWORD = 'an-admin-password-of-contoso';
export const TOKEN_PASSWORD = 'a-token-password-of-contoso';

export interface Azure extends AsyncDisposable {
  hosts: NamedHosts;
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

/** Entra ID and registries under their real names. */
export async function startAzure({ registry, names = [], others = {}, entraNames = [] }: AzureOptions = {}): Promise<Azure> {
  const secrets = [{ value: APP_SECRET }, { value: OLD_APP_SECRET, isExpired: true }];
  const entra = createEntra([
    {
      id: TENANT,
      domains: ['contoso.onmicrosoft.com'],
      apps: { [APP]: { secrets }, [APP_WITHOUT_ROLE]: { secrets }, [DISABLED_APP]: { secrets, isDisabled: true } },
    },
    { id: OTHER_TENANT, apps: { [APP]: { secrets } } },
  ]);
  const start = (options: Partial<AcrOptions> = {}) =>
    createAcr({
      entra,
      tenantId: TENANT,
      roles: { [APP]: { grants: { 'team/app': ['pull', 'push'], 'team/base': ['pull'] } } },
      adminPasswords: [ADMIN_PASSWORD],
      tokens: { 'ci-pull': { password: TOKEN_PASSWORD, grants: { 'team/app': ['pull'] } } },
      repositories: { 'team/app': {}, 'team/base': {} },
      ...options,
    });
  const { handle, uploads } = start(registry);
  const hosts = await startNamedHosts({
    ...Object.fromEntries([REGISTRY, ...names].map((name) => [name, handle])),
    ...Object.fromEntries(Object.entries(others).map(([name, options]) => [name, start(options).handle])),
    ...Object.fromEntries([ENTRA, ...entraNames].map((name) => [name, entra.handle])),
  });
  return { hosts, uploads, [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose]() };
}
