import { z } from 'zod';
import { parseRegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import type { Warning } from '../../oci/stages.ts';
import { secretField, usernameField } from '../fields.ts';
import { defineMethod } from '../provider.ts';
import { registryUrl } from '../registry-url.ts';
import { findForeignToken } from '../token-shapes.ts';

const PERSONAL_PASSWORD: Warning = {
  code: 'PERSONAL_PASSWORD',
  detail: "It is a person's login: it may do what the person may, and ends with the account.",
  hint: 'Create a robot account of the project, and give that.',
};

/** The account that every Harbor is installed with. */
const ADMIN_ACCOUNT: Warning = {
  code: 'ADMIN_ACCOUNT',
  detail: 'It is the administrator of Harbor, who may do everything in every project.',
  hint: 'Create a robot account of the project, and give that.',
};

/**
 * A person's login. The API is not asked: it refuses the CLI secret of a person who signs in by OpenID Connect, which the
 * registry takes, and a second failure with one password locks some accounts.
 *
 * https://goharbor.io/docs/main/administration/configure-authentication/oidc-auth/#using-oidc-from-the-docker-or-helm-cli
 */
export const harborUser = defineMethod({
  provider: 'harbor',
  method: 'user',
  title: 'User name and password',
  description:
    "A person's login. Whoever signs in by OpenID Connect gives the CLI secret of the profile in place of the password.",
  settings: () =>
    z.strictObject({
      url: registryUrl({ example: 'harbor.example.com/team' }),
      username: usernameField({
        label: 'User name',
        order: 20,
        example: 'ci',
        obtain: 'Harbor > the name at the top > User profile.',
      }),
    }),
  material: () =>
    z.strictObject({
      password: secretField(
        {
          label: 'Password or CLI secret',
          order: 30,
          example: 'correct-horse-battery-staple',
          obtain: 'The CLI secret stands in Harbor > the name at the top > User profile.',
        },
        8192,
        (text) => findForeignToken(text),
      ),
    }),
  registry: ({ url }) => parseRegistryAddress(url),
  username: ({ username }) => username,
  login: async ({ settings, material }) => asItIs(settings.username, material.password),
  warnings: ({ username }) => [username === 'admin' ? ADMIN_ACCOUNT : PERSONAL_PASSWORD],
  refusedHint:
    'Check both. Whoever signs in to Harbor by OpenID Connect needs the CLI secret of the user profile in place of the password.',
  privileges: {
    pull: 'The role Limited Guest in the project.',
    push: 'The role Developer in the project.',
  },
  mints: false,
  narrowing: false,
});
