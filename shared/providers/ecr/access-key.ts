import { z } from 'zod';
import type { AwsKey } from '../../lib/aws-key.ts';
import { parseRegistryAddress } from '../../oci/address.ts';
import type { Login } from '../../oci/login.ts';
import { secretAccessKey, accessKeyId } from '../aws/access-key-fields.ts';
import { identifyCaller } from '../aws/caller-identity.ts';
import { readEcrLogin } from '../aws/ecr-login.ts';
import { awsRefusal } from '../aws/refusal.ts';
import { sdkSettings } from '../aws/sdk-session.ts';
import { defineMethod } from '../provider.ts';
import type { MethodContext } from '../provider.ts';
import { ecrUrl } from './ecr-url.ts';
import { ecrEndpoint, parseEcrHost, stsEndpoint } from './host.ts';
import type { EcrHost } from './host.ts';

const ACTION = 'ecr:GetAuthorizationToken';

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
  settings: z.strictObject({ url: ecrUrl, accessKeyId }),
  material: z.strictObject({ secretAccessKey }),
  registry: ({ url }) => parseRegistryAddress(url),
  async identify(context) {
    const host = hostOf(context);
    const key = { ...context.settings, ...context.material };
    return identifyCaller(context, { key, region: host.region, endpoint: stsEndpoint(host), account: host.account });
  },
  login: (context) => mint(context, hostOf(context), { ...context.settings, ...context.material }),
  privileges: {
    pull: 'ecr:GetAuthorizationToken on *; ecr:BatchCheckLayerAvailability, ecr:GetDownloadUrlForLayer and ecr:BatchGetImage on the repositories. Or the policy AmazonEC2ContainerRegistryPullOnly.',
    push: 'What pulling needs, and ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload and ecr:PutImage on the repositories. Or the policy AmazonEC2ContainerRegistryPowerUser.',
  },
  mints: true,
  narrowing: false,
});

async function mint(context: MethodContext, host: EcrHost, key: AwsKey): Promise<Login> {
  const { ECRClient, GetAuthorizationTokenCommand } = await import('@aws-sdk/client-ecr');
  const client = new ECRClient(sdkSettings(context, key, host.region, ecrEndpoint(host)));
  try {
    const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}), { abortSignal: context.signal });
    return readEcrLogin(authorizationData?.[0]);
  } catch (error) {
    throw awsRefusal(error, ACTION);
  }
}

/** Throws RangeError for a record that was made under other rules. */
function hostOf({ registry }: Pick<MethodContext, 'registry'>): EcrHost {
  const host = parseEcrHost(registry.host);
  if (!host) throw new RangeError(`${registry.host} is not a private registry of ECR.`);
  return host;
}
