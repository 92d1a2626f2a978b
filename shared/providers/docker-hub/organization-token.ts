import { z } from 'zod';
import { parseRegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import { secretField, usernameField } from '../fields.ts';
import { defineMethod } from '../provider.ts';
import type { Mistake } from '../fields.ts';
import { findForeignToken, findPasteMistake, tokenKind } from '../token-shapes.ts';
import { hubUrl } from './hub-url.ts';
import { identifyAtHub } from './identify.ts';

/**
 * An organization's own token, which stays when people leave. The user name of the login is the organization. It may not ask
 * for the list of tokens, so when it ends is for its owner to say.
 *
 * https://docs.docker.com/security/access-tokens/organization-access-tokens/
 */
export const dockerHubOrganizationToken = defineMethod({
  provider: 'docker-hub',
  method: 'organization-token',
  title: 'Organization access token',
  description: 'A token of an organization with a Team or Business plan, limited to the repositories that it names.',
  settings: () =>
    z.strictObject({
      url: hubUrl(),
      organization: usernameField({
        label: 'Organization',
        order: 20,
        example: 'acme',
        obtain: 'The namespace of the images: acme in acme/app.',
      }),
    }),
  material: () =>
    z.strictObject({
      token: secretField(
        {
          label: 'Organization access token',
          order: 30,
          example: 'dckr_oat_Example0Example0Example0Exa',
          obtain: 'Docker Home > Admin Console > Access tokens > Generate access token.',
        },
        8192,
        findMistake,
      ),
    }),
  registry: ({ url }) => parseRegistryAddress(url),
  username: ({ organization }) => organization,
  login: async ({ settings, material }) => asItIs(settings.organization, material.token),
  identify: async ({ settings, material, ...context }) =>
    identifyAtHub(context, asItIs(settings.organization, material.token), 'organization-token'),
  tellsNoEnd: true,
  privileges: {
    pull: '"Image pull" on the repositories that it is for.',
    push: '"Image push" on the repositories that it is for.',
  },
  mints: false,
  narrowing: false,
});

function findMistake(text: string): Mistake | undefined {
  const pasted = findPasteMistake(text) ?? findForeignToken(text, ['docker-hub-organization']);
  if (pasted || tokenKind(text)) return pasted;
  return {
    code: 'WRONG_SHAPE',
    message: 'is no organization token',
    hint: 'It begins with dckr_oat_. With a password or a personal token, give method as token.',
  };
}
