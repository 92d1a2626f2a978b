import type { Secret } from './secret.ts';

/** Who signs a call of AWS. */
export interface AwsKey {
  accessKeyId: string;
  secretAccessKey: Secret;
  /** Of a key that ends. */
  sessionToken?: Secret;
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
