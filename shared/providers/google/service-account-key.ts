import { z } from 'zod';
import { Secret } from '../../lib/secret.ts';
import { parseRegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import { defineMethod } from '../provider.ts';
import type { FieldMeta } from '../fields.ts';
import { GOOGLE_PRIVILEGES, googleUrl } from './google-url.ts';
import { identifyKey } from './identify-key.ts';
import { grantAccessToken } from './jwt-grant.ts';
import { keyFileField, openKeyFile } from './key-file.ts';

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
  settings: () =>
    z.strictObject({
      url: googleUrl(),
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
  material: () => z.strictObject({ keyFile: keyFileField() }),
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
  privileges: GOOGLE_PRIVILEGES,
  mints: true,
  narrowing: false,
});
