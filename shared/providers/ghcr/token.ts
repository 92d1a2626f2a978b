import { z } from 'zod';
import type { Secret } from '../../lib/secret.ts';
import { parseRegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import { secretField, usernameField } from '../fields.ts';
import { defineMethod } from '../provider.ts';
import type { Mistake } from '../fields.ts';
import { findForeignToken, findPasteMistake, tokenKind } from '../token-shapes.ts';
import { ghcrUrl } from './ghcr-url.ts';
import { identifyInstallationToken, identifyPersonalToken } from './identify-token.ts';
import { ANY_NAME } from './provider.ts';

/**
 * A personal access token (classic): the only kind of token that people have and packages take.
 *
 * https://docs.github.com/packages/learn-github-packages/introduction-to-github-packages#authenticating-to-github-packages
 */
export const ghcrToken = defineMethod({
  provider: 'ghcr',
  method: 'token',
  title: 'Personal access token (classic)',
  description: 'A classic token with the scope read:packages or write:packages. Fine-grained tokens do not work with packages.',
  settings: () =>
    z.strictObject({
      url: ghcrUrl(),
      username: usernameField({
        label: 'GitHub user',
        order: 20,
        description: 'The owner of the token. It may be left out: GitHub knows whose token it is.',
        example: 'acme-ci',
      }).optional(),
    }),
  material: () =>
    z.strictObject({
      token: secretField(
        {
          label: 'Personal access token (classic)',
          order: 30,
          example: 'ghp_Example0Example0Example0Example0Exa0',
          obtain: 'GitHub > Settings > Developer settings > Personal access tokens > Tokens (classic).',
        },
        8192,
        findMistake,
      ),
    }),
  registry: ({ url }) => parseRegistryAddress(url),
  username: ({ username }) => username,
  login: async ({ settings, material: { token } }) => asItIs(usernameOf(settings, token), token),
  async identify({ settings, material: { token }, ...context }) {
    const isInstallation = isInstallationToken(token);
    const identity = await (isInstallation ? identifyInstallationToken : identifyPersonalToken)(context, token);
    // What the login is called by stands before what GitHub knows.
    const username = isInstallation ? ANY_NAME : (settings.username ?? identity.username ?? ANY_NAME);
    return { ...identity, username };
  },
  privileges: {
    pull: 'A token with read:packages of a user who may read the packages.',
    push: 'A token with write:packages of a user who may write the packages.',
  },
  mints: false,
  narrowing: false,
});

function usernameOf({ username }: { username?: string | undefined }, token: Secret): string {
  return isInstallationToken(token) ? ANY_NAME : (username ?? ANY_NAME);
}

function isInstallationToken(token: Secret): boolean {
  return tokenKind(token.reveal()) === 'github-installation';
}

function findMistake(text: string): Mistake | undefined {
  if (tokenKind(text) === 'github-fine-grained') {
    return {
      code: 'FINE_GRAINED_TOKEN',
      message: 'is a fine-grained token, and packages of GitHub do not take those',
      hint: 'Create one under Tokens (classic), with read:packages or write:packages.',
    };
  }
  return findPasteMistake(text) ?? findForeignToken(text, ['github', 'github-installation']);
}
