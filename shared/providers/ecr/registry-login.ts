import type { AwsKey } from '../../lib/aws-key.ts';
import type { Login } from '../../oci/login.ts';
import { readEcrLogin } from '../aws/ecr-login.ts';
import { awsRefusal } from '../aws/refusal.ts';
import { sdkSettings } from '../aws/sdk-session.ts';
import type { MethodContext } from '../provider.ts';
import { ecrEndpoint, parseEcrHost, stsEndpoint, type EcrHost } from './host.ts';

/** The least rights of whoever logs in. */
export const ECR_PRIVILEGES = {
  pull: 'ecr:GetAuthorizationToken on *; ecr:BatchCheckLayerAvailability, ecr:GetDownloadUrlForLayer and ecr:BatchGetImage on the repositories. Or the policy AmazonEC2ContainerRegistryPullOnly.',
  push: 'What pulling needs, and ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload and ecr:PutImage on the repositories. Or the policy AmazonEC2ContainerRegistryPowerUser.',
};

/** The login of 12 hours that AWS gives for a key. Throws Refusal and NetError. */
export async function ecrLogin(context: MethodContext, key: AwsKey): Promise<Login> {
  const host = hostOf(context);
  const { ECRClient, GetAuthorizationTokenCommand } = await import('@aws-sdk/client-ecr');
  const client = new ECRClient(sdkSettings(context, key, host.region, ecrEndpoint(host)));
  try {
    const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}), { abortSignal: context.signal });
    return readEcrLogin(authorizationData?.[0]);
  } catch (error) {
    throw awsRefusal(error, 'ecr:GetAuthorizationToken');
  }
}

/** The STS to ask about a login to this registry, and the account that owns it. */
export function ecrSts(context: Pick<MethodContext, 'registry'>): { region: string; endpoint: string; account: string } {
  const host = hostOf(context);
  return { region: host.region, endpoint: stsEndpoint(host), account: host.account };
}

/** Throws RangeError for a record that was made under other rules. */
function hostOf({ registry }: Pick<MethodContext, 'registry'>): EcrHost {
  const host = parseEcrHost(registry.host);
  if (!host) throw new RangeError(`${registry.host} is not a private registry of ECR.`);
  return host;
}
