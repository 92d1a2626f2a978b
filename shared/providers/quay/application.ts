import { z } from 'zod';
import { parseRegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import type { Warning } from '../../oci/stages.ts';
import { defineMethod } from '../provider.ts';
import type { FieldMeta } from '../fields.ts';
import { registryUrl } from '../registry-url.ts';
import { quayTokenField } from './token-field.ts';

const ACTS_AS_PERSON: Warning = {
  code: 'ACTS_AS_PERSON',
  detail: 'The token acts as the person who made it: it ends with that account, and may do what the person may.',
  hint: 'Create a robot account with rights on the repositories that it is for, and give that.',
};

/**
 * A token that somebody made for an application, in place of a password. The user name says of which kind it is.
 *
 * https://docs.projectquay.io/use_quay.html#oauth2-access-tokens
 */
export const quayApplication = defineMethod({
  provider: 'quay',
  method: 'application',
  title: 'Application token',
  description: 'An OAuth 2 token of an application, or an application-specific token of a person.',
  settings: () =>
    z.strictObject({
      url: registryUrl({ example: 'quay.io' }),
      username: z
        .enum(['$oauthtoken', '$app'])
        .default('$oauthtoken')
        .meta({
          label: 'Kind of token',
          group: 'details',
          order: 20,
          description:
            '$oauthtoken: of an application of an organization. $app: application-specific, which Quay calls CLI password, too.',
          example: '$oauthtoken',
        } satisfies FieldMeta),
    }),
  material: () =>
    z.strictObject({
      token: quayTokenField({
        label: 'Token',
        example: 'Example0Example0Example0Example0Example0',
        obtain: 'The organization > Applications > the application > Generate Token; or Account settings > Application tokens.',
      }),
    }),
  registry: ({ url }) => parseRegistryAddress(url),
  username: ({ username }) => username,
  login: async ({ settings, material }) => asItIs(settings.username, material.token),
  warnings: () => [ACTS_AS_PERSON],
  refusedHint: 'Check the token, and which of the two kinds it is: the user name is $oauthtoken or $app.',
  privileges: {
    pull: 'The scope repo:read, of a person who may read the repositories.',
    push: 'The scope repo:write, of a person who may write to the repositories.',
  },
  mints: false,
  narrowing: false,
});
