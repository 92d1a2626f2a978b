import { z } from 'zod';
import type { Secret } from '../../lib/secret.ts';
import { parseRegistryAddress } from '../../oci/address.ts';
import type { RegistryAddress } from '../../oci/address.ts';
import type { Warning } from '../../oci/stages.ts';
import { defineMethod } from '../provider.ts';
import type { FieldMeta } from '../fields.ts';
import { privateKeyField } from '../rsa-private-key.ts';
import { mintInstallationToken, readInstallation } from './app-api.ts';
import type { GitHubApp } from './app-api.ts';
import { ghcrUrl, gitHubApi } from './ghcr-url.ts';
import { ANY_NAME } from './provider.ts';

const settingsSchema = () =>
  z.strictObject({
    url: ghcrUrl(),
    appId: z
      .string()
      .trim()
      .regex(/^(?:\d{1,20}|Iv[\w.]{10,40})$/, { message: 'is neither the number nor the client id of an app' })
      .meta({
        label: 'App id',
        group: 'details',
        order: 20,
        example: '123456',
        obtain: 'GitHub > Settings > Developer settings > GitHub Apps > the app: "App ID" or "Client ID".',
      } satisfies FieldMeta),
    installationId: z
      .string()
      .trim()
      .regex(/^\d{1,20}$/, { message: 'is not the number of an installation' })
      .meta({
        label: 'Installation id',
        group: 'details',
        order: 30,
        example: '12345678',
        obtain: 'The number at the end of the address of the installation: Settings > GitHub Apps > Configure.',
      } satisfies FieldMeta),
    packages: z
      .enum(['read', 'write'])
      .default('read')
      .meta({
        label: 'Packages',
        group: 'details',
        order: 40,
        description: 'What its logins may do: read to pull, write to push.',
        example: 'read',
      } satisfies FieldMeta),
  });

const materialSchema = () =>
  z.strictObject({
    privateKey: privateKeyField({
      label: 'Private key',
      order: 50,
      obtain: 'GitHub > the app > General > Private keys > Generate a private key: the whole file that is downloaded.',
    }),
  });

/**
 * A GitHub App. Its logins live an hour and belong to no person. They cannot be narrowed to images: GitHub narrows tokens to
 * Git repositories, and a package need not be called like one, or have one.
 *
 * https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation
 */
export const ghcrGitHubApp = defineMethod({
  provider: 'ghcr',
  method: 'github-app',
  title: 'GitHub App',
  description: 'An app that is installed in the organization. Its logins live an hour, and stay when people leave.',
  settings: settingsSchema,
  material: materialSchema,
  registry: ({ url }) => parseRegistryAddress(url),
  username: () => ANY_NAME,
  async login(context) {
    const { settings, material, registry } = context;
    const { token, expiresAt } = await mintInstallationToken(context, appOf(settings, material, registry), settings.packages);
    return { username: ANY_NAME, password: token, expiresAt, scope: 'unrestricted' };
  },
  async identify(context) {
    const { settings, material, registry } = context;
    const { owner, permissions } = await readInstallation(context, appOf(settings, material, registry));
    return { username: ANY_NAME, warnings: [...ownerWarnings(owner, registry), ...permissionWarnings(permissions)] };
  },
  tellsNoEnd: true,
  privileges: {
    pull: 'The repository permission "Packages: Read-only".',
    push: 'The repository permission "Packages: Read and write".',
  },
  mints: true,
  narrowing: false,
});

function appOf(
  { appId, installationId }: z.output<ReturnType<typeof settingsSchema>>,
  { privateKey }: { privateKey: Secret },
  registry: RegistryAddress,
): GitHubApp {
  return { api: gitHubApi(registry), appId, installationId, privateKey };
}

function ownerWarnings(owner: string | undefined, { repositoryPrefix }: RegistryAddress): Warning[] {
  const [named] = repositoryPrefix?.split('/') ?? [];
  if (named === undefined || owner === undefined || named === owner.toLowerCase()) return [];
  return [
    {
      code: 'OTHER_OWNER',
      detail: `The app is installed at ${owner}, but the address is that of ${named}.`,
      hint: 'Give the installation of that owner; of others, only public packages are in reach.',
    },
  ];
}

/** `metadata` comes with every app. */
function permissionWarnings(permissions: Record<string, string>): Warning[] {
  const more = Object.keys(permissions).filter((name) => name !== 'packages' && name !== 'metadata');
  if (more.length === 0) return [];
  return [
    {
      code: 'BROAD_PERMISSIONS',
      detail: `Whoever has the private key may do more than packages: ${more.slice(0, 10).join(', ')}.`,
      hint: 'Use an app of its own for packages. What is handed out is limited to them in any case.',
    },
  ];
}
