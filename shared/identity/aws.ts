import type { AwsKey } from '../lib/aws-key.ts';
import { Secret } from '../lib/secret.ts';

/** The key that the environment names by AWS's own variables; undefined if it names none. Files of the machine are not read. */
export function awsKeyOf(environment: NodeJS.ProcessEnv): AwsKey | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = environment;
  if (!accessKeyId || !secret) return undefined;
  return { accessKeyId, secretAccessKey: new Secret(secret), ...(token && { sessionToken: new Secret(token) }) };
}
