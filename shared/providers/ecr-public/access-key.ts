import { z } from 'zod';
import { parseRegistryAddress } from '../../oci/address.ts';
import { accessKeyId, secretAccessKey } from '../aws/access-key-fields.ts';
import { identifyCaller } from '../aws/caller-identity.ts';
import { defineMethod } from '../provider.ts';
import { ECR_PUBLIC_PRIVILEGES, ecrPublicLogin, ecrPublicUrl, PUBLIC_STS } from './public-login.ts';

/** An access key of an IAM user that pushes to ECR Public, or pulls more often than anybody may. */
export const ecrPublicAccessKey = defineMethod({
  provider: 'ecr-public',
  method: 'access-key',
  title: 'Access key',
  description: 'A long-lived key of an IAM user. Logins are made from it, each for 12 hours.',
  settings: () => z.strictObject({ url: ecrPublicUrl(), accessKeyId: accessKeyId() }),
  material: () => z.strictObject({ secretAccessKey: secretAccessKey() }),
  registry: ({ url }) => parseRegistryAddress(url),
  identify: (context) => identifyCaller(context, { key: { ...context.settings, ...context.material }, ...PUBLIC_STS }),
  login: (context) => ecrPublicLogin(context, { ...context.settings, ...context.material }),
  privileges: ECR_PUBLIC_PRIVILEGES,
  mints: true,
  narrowing: false,
});
