import type { IncomingMessage } from 'node:http';
import { awsSignature, readAwsSignature } from './aws-signature.ts';
import type { Failure } from './aws-xml.ts';

const HOUR = 3_600_000;

/** A key of an IAM user or of a role's session, and what it may do. */
export interface AwsKey {
  secret: string;
  account: string;
  arn: string;
  isActive: boolean;
  /** Actions, such as `ecr:GetAuthorizationToken`. */
  allowed: Set<string>;
  createdAt?: Date;
  /** The ARN of the role, of a session; milliseconds. */
  role?: string;
  sessionToken?: string;
  endsAt?: number;
}

interface AwsAccount {
  /** By access key id. */
  keys: Map<string, AwsKey>;
  /** Milliseconds by which the clock of AWS is ahead. */
  clock: { ahead: number };
  /** AWS throttles by 400 and a name, not by 429. */
  mood: { isThrottling: boolean };
}

/** Whose call it is, by its signature; services say differently what is wrong with it. */
export function authenticate(state: AwsAccount, request: IncomingMessage, body: string, service: string): AwsKey | Failure {
  const isQuery = service === 'sts' || service === 'iam';
  const status = isQuery ? 403 : 400;
  const signature = readAwsSignature(request);
  const key = signature && state.keys.get(signature.accessKeyId);
  if (!signature || !key?.isActive || key.sessionToken !== request.headers['x-amz-security-token']) {
    const code = isQuery ? 'InvalidClientTokenId' : 'UnrecognizedClientException';
    return { status, code, message: 'The security token included in the request is invalid.' };
  }
  if ((key.endsAt ?? Infinity) < Date.now()) {
    const code = isQuery ? 'ExpiredToken' : 'ExpiredTokenException';
    return { status, code, message: 'The security token included in the request is expired' };
  }
  const wrong = { status, code: isQuery ? 'SignatureDoesNotMatch' : 'InvalidSignatureException' };
  const signedAt = Date.parse(signature.date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  // A quarter of an hour either way.
  if (Math.abs(Date.now() + state.clock.ahead - signedAt) > HOUR / 4) {
    const now = new Date(Date.now() + state.clock.ahead).toISOString();
    return { ...wrong, message: `Signature expired: ${signature.date} is now earlier than ${now}` };
  }
  if (awsSignature(request, body, signature, key.secret) !== signature.signature) {
    return { ...wrong, message: `The request signature we calculated does not match: ${request.headers.authorization} ${body}` };
  }
  return key;
}

/** What keeps a key from an action; undefined: nothing. */
export function authorize(state: AwsAccount, key: AwsKey, action: string): Failure | undefined {
  if (state.mood.isThrottling) return { status: 400, code: 'ThrottlingException', message: 'Rate exceeded' };
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: needs no permission.
  if (action === 'sts:GetCallerIdentity' || action === 'sts:AssumeRole' || key.allowed.has(action)) return undefined;
  const message = `User: ${key.arn} is not authorized to perform: ${action}`;
  return action.startsWith('iam:')
    ? { status: 403, code: 'AccessDenied', message }
    : { status: 400, code: 'AccessDeniedException', message };
}
