import { plainForm } from '../plain-form.ts';
import { defineProvider } from '../provider.ts';
import { tokenKind } from '../token-shapes.ts';

/** All names that Docker Hub answers to, or that people copy from a browser. */
export const DOCKER_HUB_HOSTS = new Set([
  'docker.io',
  'www.docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
  'hub.docker.com',
]);

/**
 * Docker Hub. Images are named by `docker.io`, the registry answers at `registry-1.docker.io`, tokens come from
 * `auth.docker.io`, and docker looks logins up under an address of its first version.
 *
 * https://docs.docker.com/reference/cli/docker/login/
 */
export const dockerHub = defineProvider({
  id: 'docker-hub',
  title: 'Docker Hub',
  aliases: ['dockerhub', 'docker', 'docker.io', 'hub'],
  recognises: (host) => DOCKER_HUB_HOSTS.has(host),
  trustsRealm: (_registry, { origin, pathname }) => origin === 'https://auth.docker.io' && pathname === '/token',
  dockerConfigKeys: () => ['https://index.docker.io/v1/'],
  // A wrong login gets no token at all, unlike one for a repository of somebody else.
  proof: ['scopeless-token'],
  defaultMethod: 'token',
  apiHost: () => 'registry-1.docker.io',
  inferMethod(fields) {
    const { organization, password } = fields;
    const isOrganizationToken = typeof password === 'string' && tokenKind(password) === 'docker-hub-organization';
    if (organization === undefined && !isOrganizationToken) return undefined;
    return plainForm('organization-token', fields, { username: 'organization', password: 'token' });
  },
});
