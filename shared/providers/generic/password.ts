import { z } from 'zod';
import { parseRegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import { secretField, usernameField } from '../fields.ts';
import { defineMethod } from '../provider.ts';
import { registryUrl } from '../registry-url.ts';

/**
 * A user name and a password (or a token in its place) that the registry takes as they are.
 *
 * https://distribution.github.io/distribution/spec/auth/token/
 */
export const genericPassword = defineMethod({
  provider: 'generic',
  method: 'password',
  title: 'User name and password',
  description: 'A login that the registry takes as it is. Give it no more rights than its purpose needs.',
  settings: () =>
    z.strictObject({
      url: registryUrl(),
      username: usernameField({ label: 'User name', order: 20, example: 'ci', obtain: 'From whoever runs the registry.' }),
    }),
  material: () =>
    z.strictObject({
      password: secretField({
        label: 'Password or token',
        order: 30,
        example: 'correct-horse-battery-staple',
        obtain: 'From whoever runs the registry.',
      }),
    }),
  registry: ({ url }) => parseRegistryAddress(url),
  username: ({ username }) => username,
  login: async ({ settings, material }) => asItIs(settings.username, material.password),
  privileges: { pull: 'Read on the repositories that it is for.', push: 'Read and write on the repositories that it is for.' },
  mints: false,
  narrowing: false,
});
