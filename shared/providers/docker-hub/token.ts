import { z } from 'zod';
import type { Secret } from '../../lib/secret.ts';
import { parseRegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import type { Warning } from '../../oci/stages.ts';
import { secretField, usernameField } from '../fields.ts';
import { defineMethod } from '../provider.ts';
import type { Mistake } from '../fields.ts';
import { findForeignToken, findPasteMistake, tokenKind } from '../token-shapes.ts';
import { hubUrl } from './hub-url.ts';
import { identifyAtHub } from './identify.ts';

/** Tokens from before the prefix. */
const OLD_TOKEN = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const PERSONAL_PASSWORD: Warning = {
  code: 'PERSONAL_PASSWORD',
  detail: "It looks like a person's password: it opens the whole account, and changing it breaks everything that uses it.",
  hint: 'Create a personal access token with the least scope, and give that.',
};

/**
 * A person's login to Docker Hub: a personal access token, or the password.
 *
 * https://docs.docker.com/security/access-tokens/personal-access-tokens/
 */
export const dockerHubToken = defineMethod({
  provider: 'docker-hub',
  method: 'token',
  title: 'Personal access token',
  description: "A person's Docker ID with a personal access token. The password works, too, but opens the whole account.",
  settings: () =>
    z.strictObject({
      url: hubUrl(),
      username: usernameField({ label: 'Docker ID', order: 20, example: 'acmeci', obtain: 'Docker Hub > Account settings.' }),
    }),
  material: () =>
    z.strictObject({
      password: secretField(
        {
          label: 'Personal access token or password',
          order: 30,
          example: 'dckr_pat_Example0Example0Example0Exa',
          obtain: 'Docker Hub > Account settings > Personal access tokens > Generate new token.',
        },
        8192,
        findMistake,
      ),
    }),
  registry: ({ url }) => parseRegistryAddress(url),
  username: ({ username }) => username,
  login: async ({ settings, material }) => asItIs(settings.username, material.password),
  async identify({ settings, material, ...context }) {
    const kind = isToken(material.password) ? 'personal-token' : 'password';
    const identity = await identifyAtHub(context, asItIs(settings.username, material.password), kind);
    return kind === 'password' ? { ...identity, warnings: [PERSONAL_PASSWORD, ...(identity.warnings ?? [])] } : identity;
  },
  privileges: {
    pull: 'A token with "Read-only" of an account that may read the repositories.',
    push: 'A token with "Read & Write" of an account that may write to the repositories.',
  },
  mints: false,
  narrowing: false,
});

function isToken(password: Secret): boolean {
  const text = password.reveal();
  return tokenKind(text) === 'docker-hub-personal' || OLD_TOKEN.test(text);
}

function findMistake(text: string): Mistake | undefined {
  if (tokenKind(text) === 'docker-hub-organization') {
    return {
      code: 'OTHER_METHOD',
      message: 'is an organization token',
      hint: 'Give method as organization-token, with the name of the organization.',
    };
  }
  const foreign = findForeignToken(text, ['docker-hub-personal']);
  // A password may have quotes and spaces; a token has a mark to be known by.
  return foreign ?? (text.includes('dckr_') ? findPasteMistake(text) : undefined);
}
