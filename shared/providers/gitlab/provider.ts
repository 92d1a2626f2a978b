import { plainForm } from '../plain-form.ts';
import { defineProvider } from '../provider.ts';
import { GITLAB_COM, gitlabSite } from './site.ts';

/**
 * GitLab's registry. Its tokens come from GitLab itself, which answers under another host than the registry.
 *
 * https://docs.gitlab.com/administration/packages/container_registry/
 */
export const gitlab = defineProvider({
  id: 'gitlab',
  title: 'GitLab',
  aliases: ['gitlab.com', 'gitlab-registry', 'gitlab-container-registry'],
  recognises: (host) => host === GITLAB_COM.registry || host === GITLAB_COM.host,
  trustsRealm: ({ host }, { origin, pathname }, { gitlabUrl }) => {
    const site = gitlabSite(host, gitlabUrl);
    return site !== undefined && `${origin}${pathname}` === `${site}/jwt/auth`;
  },
  dockerConfigKeys: ({ host }) => [host],
  // Nobody gets a token without a scope unless GitLab knows the login.
  proof: ['scopeless-token'],
  defaultMethod: 'token',
  inferMethod: (fields) => plainForm('token', fields, { password: 'token' }),
});
