import { z } from 'zod';
import { AddressError, parseRegistryAddress } from '../../oci/address.ts';
import { accessKeyId, secretAccessKey } from '../aws/access-key-fields.ts';
import { identifyCaller } from '../aws/caller-identity.ts';
import { readEcrLogin } from '../aws/ecr-login.ts';
import { awsRefusal } from '../aws/refusal.ts';
import { sdkSettings } from '../aws/sdk-session.ts';
import { defineMethod } from '../provider.ts';
import { registryUrl } from '../registry-url.ts';
import { ECR_PUBLIC_HOST, ECR_PUBLIC_HOSTS } from './provider.ts';

/** Logins are made in one region, for all: https://docs.aws.amazon.com/AmazonECR/latest/public/public-registry-auth.html */
const REGION = 'us-east-1';
const ENDPOINT = `https://api.ecr-public.${REGION}.amazonaws.com`;
const STS_ENDPOINT = `https://sts.${REGION}.amazonaws.com`;

const url = registryUrl(
  {
    example: 'public.ecr.aws/a1b2c3d4',
    obtain: 'AWS console > Elastic Container Registry > Public registry > Repositories: the URI.',
  },
  (address) => {
    if (ECR_PUBLIC_HOSTS.includes(address.host)) return { ...address, host: ECR_PUBLIC_HOST };
    throw new AddressError(
      'NOT_ECR_PUBLIC',
      'is not the address of ECR Public',
      'It is public.ecr.aws, with an alias behind it.',
    );
  },
);

/** An access key of an IAM user that pushes to ECR Public, or pulls more often than anybody may. */
export const ecrPublicAccessKey = defineMethod({
  provider: 'ecr-public',
  method: 'access-key',
  title: 'Access key',
  description: 'A long-lived key of an IAM user. Logins are made from it, each for 12 hours.',
  settings: z.strictObject({ url, accessKeyId }),
  material: z.strictObject({ secretAccessKey }),
  registry: (settings) => parseRegistryAddress(settings.url),
  identify: (context) =>
    identifyCaller(context, { key: { ...context.settings, ...context.material }, region: REGION, endpoint: STS_ENDPOINT }),
  async login(context) {
    const { ECRPUBLICClient, GetAuthorizationTokenCommand } = await import('@aws-sdk/client-ecr-public');
    const key = { ...context.settings, ...context.material };
    const client = new ECRPUBLICClient(sdkSettings(context, key, REGION, ENDPOINT));
    try {
      const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}), { abortSignal: context.signal });
      return readEcrLogin(authorizationData);
    } catch (error) {
      throw awsRefusal(error, 'ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken');
    }
  },
  privileges: {
    pull: 'ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken on *. Images are public.',
    push: 'What pulling needs, and the policy AmazonElasticContainerRegistryPublicPowerUser.',
  },
  mints: true,
  narrowing: false,
});
