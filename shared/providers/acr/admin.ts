import { z } from 'zod';
import { parseRegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import { secretField, usernameField } from '../fields.ts';
import { defineMethod } from '../provider.ts';
import { findForeignToken, findPasteMistake } from '../token-shapes.ts';
import { loginServerField } from './login-server-field.ts';

/**
 * The admin account that every registry has, switched off at first.
 *
 * https://learn.microsoft.com/azure/container-registry/container-registry-authentication#admin-account
 */
export const acrAdmin = defineMethod({
  provider: 'acr',
  method: 'admin',
  title: 'Admin account',
  description: 'The account with all rights that is built into the registry. Meant for trying things, by one person.',
  settings: () =>
    z.strictObject({
      url: loginServerField(),
      username: usernameField({
        label: 'User name',
        order: 20,
        description: 'The name of the registry.',
        obtain: 'Azure portal > the registry > Access keys',
        example: 'contoso',
      }),
    }),
  material: () =>
    z.strictObject({
      password: secretField(
        {
          label: 'Password',
          order: 30,
          description: 'One of the two passwords.',
          obtain: 'Azure portal > the registry > Access keys, with the admin user enabled',
          example: 'an-example-of-a-password',
        },
        1024,
        (text) => findPasteMistake(text) ?? findForeignToken(text, ['acr-password']),
      ),
    }),
  registry: ({ url }) => parseRegistryAddress(url),
  username: ({ username }) => username,
  login: async ({ settings, material }) => asItIs(settings.username, material.password),
  warnings: () => [
    {
      code: 'ADMIN_ACCOUNT',
      detail:
        'This is the admin account: it may pull, push and delete everywhere, never expires, and is shared by all who use it.',
      hint: 'Use a service principal or a repository-scoped token, and switch the admin account off.',
    },
  ],
  refusedHint:
    'Check the password, and whether the admin user is enabled under Access keys of the registry. A regenerated password takes about a minute to work.',
  privileges: { admin: 'None to give: the account may do everything in the registry.' },
  mints: false,
  narrowing: false,
});
