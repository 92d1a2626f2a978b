import { readStsKey, type AwsKey } from '../lib/aws-key.ts';
import { partitionOfRegion } from '../lib/aws-partition.ts';
import { awsHttpHandler } from '../net/aws-http-handler.ts';
import type { Operator } from '../net/operator.ts';
import { IdentityError } from './identity-error.ts';
import { webIdentityFailure, type WebIdentity } from './web-identity-failure.ts';

/** As AWS's own records show who acts. */
const SESSION = 'regcred';

/** An hour: the longest that every role allows. */
const SECONDS = 3600;

/**
 * The key of a role, for a token of Entra ID. Nothing signs the call but the token. Throws IdentityError.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export async function assumeWithWebIdentity(
  identity: WebIdentity,
  { operator, signal }: { operator: Operator; signal: AbortSignal },
): Promise<AwsKey> {
  const { roleArn, region, token } = identity;
  const { STSClient, AssumeRoleWithWebIdentityCommand } = await import('@aws-sdk/client-sts');
  const client = new STSClient({
    region,
    // Named here, so that no setting or file of the machine leads somewhere else.
    endpoint: `https://sts.${region}.${partitionOfRegion(region).domain}`,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    maxAttempts: 1,
    requestHandler: awsHttpHandler((url, options) => operator.request(url.href, { ...options, signal })),
  });
  const command = new AssumeRoleWithWebIdentityCommand({
    RoleArn: roleArn,
    RoleSessionName: SESSION,
    WebIdentityToken: token.token.reveal(),
    DurationSeconds: SECONDS,
  });
  const { Credentials } = await client.send(command).catch((error: unknown) => {
    throw webIdentityFailure(error, identity);
  });
  const key = readStsKey(Credentials);
  if (key) return key;
  throw new IdentityError('AWS_ANSWER', 'STS answered without a key.', 'Ask again later.', { isOutage: true });
}
