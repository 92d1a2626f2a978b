import { inferAwsMethod } from '../aws/access-key-fields.ts';
import { defineProvider } from '../provider.ts';

/** The name that images have, and its dual-stack form: https://docs.aws.amazon.com/AmazonECR/latest/public/public-registries.html */
export const ECR_PUBLIC_HOST = 'public.ecr.aws';
export const ECR_PUBLIC_HOSTS = [ECR_PUBLIC_HOST, 'ecr-public.aws.com'];

/** Amazon ECR Public. Anybody pulls there, so only AWS itself can say that a login is real. */
export const ecrPublic = defineProvider({
  id: 'ecr-public',
  title: 'Amazon ECR Public',
  aliases: ['aws-public', 'public-ecr', 'amazon-ecr-public', 'aws-ecr-public'],
  recognises: (host) => ECR_PUBLIC_HOSTS.includes(host),
  trustsRealm: () => false,
  dockerConfigKeys: ({ host }) => [host],
  proof: ['identify'],
  defaultMethod: 'access-key',
  inferMethod: inferAwsMethod,
});
