import { z } from 'zod';
import { parseRegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import { secretField, usernameField } from '../fields.ts';
import { defineMethod } from '../provider.ts';
import { registryUrl } from '../registry-url.ts';
import { siteUrl } from '../site-url.ts';
import { artifactorySite, putArtifactoryAddressRight } from './address.ts';
import { identifyAtArtifactory } from './identify.ts';
import { findArtifactoryMistake } from './token-kind.ts';

/**
 * A user name with a token, or a password in its place. A reference token is short: an access token has kilobytes.
 *
 * https://jfrog.com/help/r/jfrog-platform-administration-documentation/access-tokens
 */
export const artifactoryToken = defineMethod({
  provider: 'artifactory',
  method: 'token',
  title: 'Token',
  description: 'A user name with a reference, identity or access token. A password works, too, but does all that the person may.',
  settings: () =>
    z.strictObject({
      url: registryUrl(
        {
          description: 'As images are named: a host, or a host and a repository.',
          example: 'acme.jfrog.io/docker-local',
        },
        putArtifactoryAddressRight,
      ),
      username: usernameField({ label: 'User name', order: 20, example: 'ci', obtain: 'The user that the token was made for.' }),
      artifactoryUrl: siteUrl({
        label: 'Address of Artifactory',
        order: 40,
        description: 'Where the API answers, if that is not the host of the registry: with a subdomain or a port per repository.',
        example: 'https://acme.jfrog.io',
      }).optional(),
    }),
  material: () =>
    z.strictObject({
      token: secretField(
        {
          label: 'Token or password',
          order: 30,
          example: 'cmVmdGtuExample0Example0Example0Example0Example0Example0Example0',
          obtain: 'Administration > User Management > Access Tokens > Generate Token, with a reference token; or your profile.',
        },
        8192,
        findArtifactoryMistake,
      ),
    }),
  registry: ({ url }) => parseRegistryAddress(url),
  username: ({ username }) => username,
  login: async ({ settings, material }) => asItIs(settings.username, material.token),
  identify: async ({ settings, material, ...context }) =>
    identifyAtArtifactory(context, artifactorySite(context.http.origin, settings.artifactoryUrl), material.token),
  refusedHint: 'Check both: the user name must be that of the user the token was made for, and the token may have been revoked.',
  privileges: {
    pull: 'A token of a group or a user with the permission Read on the repositories that it is for.',
    push: 'A token of a group or a user with the permissions Read, Annotate and Deploy/Cache on the repositories that it is for.',
  },
  mints: false,
  narrowing: false,
});
