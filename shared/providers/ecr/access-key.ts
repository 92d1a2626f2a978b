import { z } from 'zod';
import { parseRegistryAddress } from '../../oci/address.ts';
import { secretAccessKey, accessKeyId } from '../aws/access-key-fields.ts';
import { identifyCaller } from '../aws/caller-identity.ts';
import { defineMethod } from '../provider.ts';
import { ecrUrl } from './ecr-url.ts';
import { ECR_PRIVILEGES, ecrLogin, ecrSts } from './registry-login.ts';

/**
 * An access key of an IAM user. The registry never sees it: AWS gives a login of 12 hours for it.
 *
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
 */
export const ecrAccessKey = defineMethod({
  provider: 'ecr',
  method: 'access-key',
  title: 'Access key',
  description: 'A long-lived key of an IAM user. Logins are made from it, each for 12 hours.',
  settings: () => z.strictObject({ url: ecrUrl(), accessKeyId: accessKeyId() }),
  material: () => z.strictObject({ secretAccessKey: secretAccessKey() }),
  registry: ({ url }) => parseRegistryAddress(url),
  identify: async (context) => identifyCaller(context, { key: { ...context.settings, ...context.material }, ...ecrSts(context) }),
  login: async (context) => ecrLogin(context, { ...context.settings, ...context.material }),
  privileges: ECR_PRIVILEGES,
  mints: true,
  narrowing: false,
});
