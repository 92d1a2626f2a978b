import { z } from 'zod';
import { parseRegistryAddress } from '../../oci/address.ts';
import type { RegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import type { Warning } from '../../oci/stages.ts';
import { secretField, usernameField } from '../fields.ts';
import { defineMethod } from '../provider.ts';
import { registryUrl } from '../registry-url.ts';
import { siteUrl } from '../site-url.ts';
import { GITLAB_COM, gitlabSite } from './site.ts';
import { findGitlabMistake, gitlabTokenKind } from './token-kind.ts';
import { identifyAtGitlab } from './token-self.ts';

const DEPLOY_TOKEN: Warning = {
  code: 'EXPIRY_UNKNOWN',
  detail: 'GitLab tells nobody who has only a deploy token when it ends.',
  hint: 'If it has an end, give that as expiresAt.',
};

const NO_SITE: Warning = {
  code: 'GITLAB_URL_MISSING',
  detail: 'It is not known where GitLab itself answers, so it was not asked when the token ends.',
  hint: 'Give the address of GitLab as gitlabUrl.',
};

/**
 * A token of GitLab in place of a password: personal, project, group or deploy.
 *
 * https://docs.gitlab.com/user/packages/container_registry/authenticate_with_container_registry/
 */
export const gitlabToken = defineMethod({
  provider: 'gitlab',
  method: 'token',
  title: 'Access token or deploy token',
  description:
    'A project, group, personal or deploy token. A deploy token is the narrowest; a personal one goes with the person.',
  settings: () =>
    z.strictObject({
      url: registryUrl(
        {
          description: 'registry.gitlab.com, or the registry of your own GitLab; optionally with the project that it is for.',
          example: GITLAB_COM.registry,
        },
        putRight,
      ),
      username: usernameField({
        label: 'User name',
        order: 20,
        example: 'gitlab+deploy-token-1',
        obtain: 'Of a deploy token, as GitLab shows it; of a personal token, the account; of others, any name.',
      }),
      gitlabUrl: siteUrl({
        label: 'Address of GitLab',
        order: 40,
        description: 'Where GitLab itself answers, which gives out the tokens for its registry. Known for gitlab.com.',
        example: 'https://gitlab.com',
      }).optional(),
    }),
  material: () =>
    z.strictObject({
      token: secretField(
        {
          label: 'Token',
          order: 30,
          example: 'gldt-Example0Example0Exam',
          obtain: 'The project or group > Settings > Repository > Deploy tokens, or Settings > Access tokens.',
        },
        8192,
        findGitlabMistake,
      ),
    }),
  registry: ({ url }) => parseRegistryAddress(url),
  username: ({ username }) => username,
  login: async ({ settings, material }) => asItIs(settings.username, material.token),
  async identify({ settings, material: { token }, registry, ...context }) {
    const kind = gitlabTokenKind(settings.username, token.reveal());
    if (kind === 'deploy') return { provesNothing: true, warnings: [DEPLOY_TOKEN] };
    const site = gitlabSite(registry.host, settings.gitlabUrl);
    if (site === undefined) return { provesNothing: true, warnings: [NO_SITE] };
    return identifyAtGitlab(context, site, { token, isAccessToken: kind === 'access' });
  },
  refusedHint:
    'Check the token, and that it has the scope read_registry. A deploy token needs its own user name; a personal one, the name of its account.',
  privileges: {
    pull: 'A token with the scope read_registry; of a project or group, with the role Reporter.',
    push: 'A token with the scopes read_registry and write_registry; of a project or group, with the role Developer.',
  },
  mints: false,
  narrowing: false,
});

/** Pages of projects are copied from a browser; the registry of gitlab.com has a host of its own. */
function putRight(address: RegistryAddress): RegistryAddress {
  return address.host === GITLAB_COM.host ? { ...address, host: GITLAB_COM.registry } : address;
}
