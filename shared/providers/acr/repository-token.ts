import { z } from 'zod';
import { parseRegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import { secretField, usernameField } from '../fields.ts';
import { defineMethod } from '../provider.ts';
import { findForeignToken, findPasteMistake } from '../token-shapes.ts';
import { loginServerField } from './login-server-field.ts';

/** Names are not checked against a grammar, because their documented one is narrower than what exists. */
export const acrRepositoryToken = defineMethod({
  provider: 'acr',
  method: 'repository-token',
  title: 'Repository-scoped token',
  description: 'A token of the registry with a scope map that says which repositories it is good for.',
  settings: () =>
    z.strictObject({
      url: loginServerField(),
      tokenName: usernameField({
        label: 'Token name',
        order: 20,
        obtain: 'Azure portal > the registry > Tokens',
        example: 'ci-pull',
      }),
    }),
  material: () =>
    z.strictObject({
      password: secretField(
        {
          label: 'Token password',
          order: 30,
          description: 'One of the two passwords of the token.',
          obtain: 'Azure portal > the registry > Tokens > the token > generate. It is shown once.',
          example: 'an-example-of-a-password',
        },
        1024,
        (text) => findPasteMistake(text) ?? findForeignToken(text, ['acr-password']),
      ),
    }),
  registry: ({ url }) => parseRegistryAddress(url),
  username: ({ tokenName }) => tokenName,
  login: async ({ settings, material }) => asItIs(settings.tokenName, material.password),
  refusedHint:
    'Check token name and password, whether the token is enabled, and whether its password has expired. A regenerated password takes about a minute to work.',
  privileges: {
    pull: 'A scope map with content/read on the repositories that it is for.',
    push: 'A scope map with content/read and content/write on the repositories that it is for.',
  },
  mints: false,
  narrowing: false,
});
