import { Secret } from '../../lib/secret.ts';

/** Who this program is to AWS. */
export interface AwsAccessKey {
  accessKeyId: string;
  secretAccessKey: Secret;
  /** Of a key that ends, such as a signed-in person's. */
  sessionToken?: Secret;
}

/** The key that the environment names by AWS's own variables; undefined if it names none. Files of the machine are not read. */
export function awsAccessKey(environment: NodeJS.ProcessEnv): AwsAccessKey | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = environment;
  if (!accessKeyId || !secret) return undefined;
  return { accessKeyId, secretAccessKey: new Secret(secret), ...(token && { sessionToken: new Secret(token) }) };
}
