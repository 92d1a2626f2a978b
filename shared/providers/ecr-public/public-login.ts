import type { AwsKey } from '../../lib/aws-key.ts';
import { AddressError } from '../../oci/address.ts';
import type { Login } from '../../oci/login.ts';
import { readEcrLogin } from '../aws/ecr-login.ts';
import { awsRefusal } from '../aws/refusal.ts';
import { sdkSettings } from '../aws/sdk-session.ts';
import type { MethodContext } from '../provider.ts';
import { registryUrl } from '../registry-url.ts';
import { ECR_PUBLIC_HOST, ECR_PUBLIC_HOSTS } from './provider.ts';

/** Logins are made in one region, for all: https://docs.aws.amazon.com/AmazonECR/latest/public/public-registry-auth.html */
const REGION = 'us-east-1';
const ENDPOINT = `https://api.ecr-public.${REGION}.amazonaws.com`;

/** The STS to ask about a login to ECR Public. */
export const PUBLIC_STS = { region: REGION, endpoint: `https://sts.${REGION}.amazonaws.com` };

export const ecrPublicUrl = () =>
  registryUrl(
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

/** The least rights of whoever logs in. */
export const ECR_PUBLIC_PRIVILEGES = {
  pull: 'ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken on *. Images are public.',
  push: 'What pulling needs, and the policy AmazonElasticContainerRegistryPublicPowerUser.',
};

/** The login of 12 hours that AWS gives for a key. Throws Refusal and NetError. */
export async function ecrPublicLogin(context: MethodContext, key: AwsKey): Promise<Login> {
  const { ECRPUBLICClient, GetAuthorizationTokenCommand } = await import('@aws-sdk/client-ecr-public');
  const client = new ECRPUBLICClient(sdkSettings(context, key, REGION, ENDPOINT));
  try {
    const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}), { abortSignal: context.signal });
    return readEcrLogin(authorizationData);
  } catch (error) {
    throw awsRefusal(error, 'ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken');
  }
}
