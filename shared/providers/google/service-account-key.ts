import { z } from 'zod';
import { Secret } from '../../lib/secret.ts';
import { AddressError, parseRegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import { defineMethod } from '../provider.ts';
import type { FieldMeta } from '../provider.ts';
import { registryUrl } from '../registry-url.ts';
import { universeOfHost } from './hosts.ts';
import { identifyKey } from './identify-key.ts';
import { grantAccessToken } from './jwt-grant.ts';
import { keyFileField, openKeyFile } from './key-file.ts';

const url = registryUrl(
  {
    example: 'europe-west1-docker.pkg.dev/my-project/my-repository',
    obtain: 'Google Cloud console > Artifact Registry > Repositories > the repository > Copy path.',
  },
  (address) => {
    if (universeOfHost(address.host)) return address;
    throw new AddressError(
      'NOT_GOOGLE',
      'is not the address of a container registry of Google',
      'It is LOCATION-docker.pkg.dev/PROJECT/REPOSITORY, or gcr.io/PROJECT.',
    );
  },
);

/**
 * A key of a service account, as Google's console makes it.
 *
 * https://cloud.google.com/artifact-registry/docs/docker/authentication#json-key
 */
export const googleServiceAccountKey = defineMethod({
  provider: 'google',
  method: 'service-account-key',
  title: 'Key of a service account',
  description: 'The JSON file of a key. It is handed out as it is, or logins of an hour are made from it.',
  settings: z.strictObject({
    url,
    loginAs: z
      .enum(['_json_key', '_json_key_base64', 'oauth2accesstoken'])
      .default('_json_key')
      .meta({
        label: 'Log in as',
        group: 'details',
        order: 20,
        description:
          '`_json_key` hands the key itself out, `_json_key_base64` the same in base64; `oauth2accesstoken` hands out access tokens of an hour, and keeps the key here.',
        example: 'oauth2accesstoken',
      } satisfies FieldMeta),
  }),
  material: z.strictObject({ keyFile: keyFileField }),
  registry: (settings) => parseRegistryAddress(settings.url),
  identify: async (context) =>
    identifyKey(context, openKeyFile(context.material.keyFile), context.settings.loginAs === 'oauth2accesstoken'),
  async login(context) {
    const { loginAs } = context.settings;
    const { keyFile } = context.material;
    if (loginAs === 'oauth2accesstoken') return grantAccessToken(context, openKeyFile(keyFile));
    const isBase64 = loginAs === '_json_key_base64';
    return asItIs(loginAs, isBase64 ? new Secret(Buffer.from(keyFile.reveal()).toString('base64')) : keyFile);
  },
  privileges: {
    pull: 'The role Artifact Registry Reader (roles/artifactregistry.reader) on the repository.',
    push: 'The role Artifact Registry Writer (roles/artifactregistry.writer) on the repository.',
  },
  mints: true,
  narrowing: false,
});
