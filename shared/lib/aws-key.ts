import { Secret } from './secret.ts';

/** Who signs a call of AWS. */
export interface AwsKey {
  accessKeyId: string;
  secretAccessKey: Secret;
  /** Of a key that ends. */
  sessionToken?: Secret;
  /** The ARN of the role whose key it is, as policies name it. */
  owner?: string;
  /** Absent: it does not end, or nobody said when. */
  expiresAt?: Date;
}

/** As AWS's clients take it. */
export function signingKey({ accessKeyId, secretAccessKey, sessionToken, expiresAt }: AwsKey) {
  return {
    accessKeyId,
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken && { sessionToken: sessionToken.reveal() }),
    ...(expiresAt && { expiration: expiresAt }),
  };
}

/** What STS gives for a role. */
interface StsCredentials {
  AccessKeyId: string | undefined;
  SecretAccessKey: string | undefined;
  SessionToken: string | undefined;
  Expiration: Date | undefined;
}

/** The key of a role, for a while. */
export type SessionKey = AwsKey & { expiresAt: Date };

/** Undefined where a part of it is missing. */
export function readStsKey(credentials: StsCredentials | undefined): SessionKey | undefined {
  const { AccessKeyId: accessKeyId, SecretAccessKey: secret, SessionToken: token, Expiration: expiresAt } = credentials ?? {};
  if (!accessKeyId || !secret || !token || !expiresAt) return undefined;
  return { accessKeyId, secretAccessKey: new Secret(secret), sessionToken: new Secret(token), expiresAt };
}
