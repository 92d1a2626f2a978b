import { plainForm } from '../plain-form.ts';
import { defineProvider } from '../provider.ts';

/** What tokens of an app must be called by, and personal ones may be. */
export const ANY_NAME = 'x-access-token';

/** Container registries of GitHub Enterprise Cloud with data residency. */
const ENTERPRISE_HOST = /^containers\.[a-z0-9-]+\.ghe\.com$/;

/** The registry before this one. Known, so that its users are told where their images are now. */
export const LEGACY_HOST = 'docker.pkg.github.com';

/**
 * GitHub's container registry. It gives a token for nothing to anybody, and its own tokens tell nothing, so only GitHub's
 * API proves a login.
 *
 * https://docs.github.com/packages/working-with-a-github-packages-registry/working-with-the-container-registry
 */
export const ghcr = defineProvider({
  id: 'ghcr',
  title: 'GitHub Container Registry',
  aliases: ['github', 'ghcr.io', 'github-packages'],
  recognises: (host) => host === 'ghcr.io' || host === LEGACY_HOST || ENTERPRISE_HOST.test(host),
  // Its token service is at its own origin.
  trustsRealm: () => false,
  dockerConfigKeys: ({ host }) => [host],
  proof: ['identify'],
  sharedUsernames: [ANY_NAME],
  defaultMethod: 'token',
  inferMethod: (fields) =>
    'privateKey' in fields ? { method: 'github-app' } : plainForm('token', fields, { password: 'token' }),
});
