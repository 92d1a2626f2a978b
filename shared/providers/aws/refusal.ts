import { awsFailureOf, type AwsFailure } from '../../lib/aws-failure.ts';
import { NetError } from '../../net/net-error.ts';
import { Refusal } from '../../oci/stages.ts';

interface SdkError extends AwsFailure {
  isSkewed: boolean;
}

/** By name: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and that of ECR. */
const UNKNOWN_KEY = new Set(['InvalidClientTokenId', 'UnrecognizedClientException', 'InvalidAccessKeyId']);
const WRONG_SECRET = new Set(['SignatureDoesNotMatch', 'InvalidSignatureException', 'IncompleteSignature']);
const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException']);
const DENIED = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation']);
const SKEWED = new Set(['RequestExpired', 'RequestTimeTooSkewed', 'RequestInTheFuture']);
const THROTTLED = /throttl|toomanyrequests|requestlimitexceeded|slowdown/i;

/**
 * What the failure of an AWS call says of the key. `action` is what it must be allowed, such as
 * `ecr:GetAuthorizationToken`. A failure that is not AWS's is answered as it is: Refusal, NetError.
 */
export function awsRefusal(error: unknown, action: string): Error {
  if (error instanceof Refusal || error instanceof NetError) return error;
  const { name, status, isSkewed } = readError(error);
  // Before the signature: a wrong clock is reported under the name of a wrong secret.
  if (isSkewed || SKEWED.has(name)) {
    return new Refusal(
      'unreachable',
      'CLOCK_SKEW',
      'AWS refuses requests that are signed at another time than its own.',
      'Set the clock of this service; the key was not judged.',
    );
  }
  if (UNKNOWN_KEY.has(name)) {
    return new Refusal(
      'invalid_credentials',
      'ACCESS_KEY_UNKNOWN',
      'AWS knows no access key with this id, or it is inactive.',
      'Look the key up in IAM. China and GovCloud have keys of their own, and an account must have enabled the region.',
    );
  }
  if (WRONG_SECRET.has(name)) {
    return new Refusal(
      'invalid_credentials',
      'SECRET_KEY_WRONG',
      'The access key exists, but this is not its secret.',
      'Give the secret that was shown when this key was made; if it is lost, make a new key.',
    );
  }
  if (EXPIRED.has(name)) {
    return new Refusal('expired', 'ACCESS_KEY_EXPIRED', 'AWS says that the key has expired.', 'Make a new access key in IAM.');
  }
  if (THROTTLED.test(name)) {
    return new Refusal('rate_limited', 'THROTTLED', 'AWS asks to slow down.', 'Try again later.');
  }
  if (name.startsWith('RegionDisabled')) {
    return new Refusal(
      'misconfigured',
      'REGION_DISABLED',
      `AWS has ${action} switched off in this region for the account.`,
      'Enable the region of the registry in that account: AWS console > IAM > Account settings.',
    );
  }
  if (DENIED.has(name) || status === 403) {
    return new Refusal(
      'insufficient_permission',
      'AWS_PERMISSION_MISSING',
      `AWS knows who this is, and does not allow ${action}.`,
      `Allow ${action} on resource * for its user or role, and see that no boundary and no organization policy denies it.`,
    );
  }
  return new Refusal(
    'misconfigured',
    'AWS_ANSWER',
    `AWS answered ${action} with what could not be understood${status === undefined ? '' : ` (${status})`}.`,
    'Try again; if it stays, see the AWS Health Dashboard.',
  );
}

function readError(error: unknown): SdkError {
  const { message } = Object(error) as { message?: unknown };
  return { ...awsFailureOf(error), isSkewed: /^Signature (?:expired|not yet current)/i.test(String(message)) };
}
