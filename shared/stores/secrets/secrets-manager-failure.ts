import { IdentityError } from '../../identity/identity-error.ts';
import { awsFailureOf } from '../../lib/aws-failure.ts';
import { AppError } from '../../lib/errors.ts';
import { NetError } from '../../net/net-error.ts';

interface Explanation {
  says: string;
  hint: string;
  retryAfterSeconds?: number;
}

const KEY: Explanation = {
  says: 'AWS does not take the access key of this service',
  hint: 'Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN where they are set, else REGCRED_AWS_ROLE_ARN; the clock of this machine; and that the account has enabled REGCRED_AWS_REGION.',
};

const PERMISSION: Explanation = {
  says: 'Secrets Manager does not allow this to this service',
  hint: 'Allow its role or user secretsmanager:CreateSecret, TagResource, PutSecretValue, GetSecretValue, DescribeSecret, ListSecretVersionIds, UpdateSecretVersionStage, DeleteSecret and RestoreSecret on secrets named "cred-*" and "health*", and ListSecrets on *.',
};

const ENCRYPTION: Explanation = {
  says: 'Secrets Manager cannot use the key that encrypts the secret',
  hint: 'Check that its KMS key is enabled, and that the role or user of this service may use it.',
};

const THROTTLED: Explanation = {
  says: 'Secrets Manager gets too many requests',
  hint: 'Ask again later; if it stays, the account has used up its request quota in this region.',
  retryAfterSeconds: 10,
};

/**
 * By name, because the status is 400 for nearly all of them.
 *
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html and the errors of each action
 */
const KNOWN: Record<string, Explanation> = {
  UnrecognizedClientException: KEY,
  InvalidClientTokenId: KEY,
  InvalidSignatureException: KEY,
  SignatureDoesNotMatch: KEY,
  IncompleteSignature: KEY,
  ExpiredTokenException: KEY,
  RequestExpired: KEY,
  MissingAuthenticationToken: KEY,
  OptInRequired: KEY,
  AccessDeniedException: PERMISSION,
  NotAuthorized: PERMISSION,
  DecryptionFailure: ENCRYPTION,
  EncryptionFailure: ENCRYPTION,
  ThrottlingException: THROTTLED,
  TooManyRequestsException: THROTTLED,
  LimitExceededException: {
    says: 'Secrets Manager takes no more of this: a quota is used up',
    hint: 'Ask AWS for a larger quota of secrets or versions in this region; the log has the reason.',
  },
  // Its parts agree a moment later: what was just made may not be known everywhere.
  ResourceNotFoundException: {
    says: 'Secrets Manager does not know everywhere yet what was just made',
    hint: 'Ask again later.',
    retryAfterSeconds: 1,
  },
};

const FAILED: Explanation = { says: 'Secrets Manager has a failure of its own', hint: 'Ask again later.' };

/** Whether AWS gave this error. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/**
 * The error that a caller may see for one that the client threw: AppError STORE_UNAVAILABLE for whatever an operator or
 * time can mend. What is a defect stays an Error. None of them holds the client's own error, which has the answer in it.
 */
export function secretsManagerFailure(error: unknown): unknown {
  if (error instanceof NetError) {
    const hint = 'Check REGCRED_AWS_REGION and the network of this service; the log has the reason.';
    return new AppError('STORE_UNAVAILABLE', 'Secrets Manager cannot be reached', { hint, cause: error });
  }
  if (error instanceof IdentityError) {
    const { message, hint, isOutage } = error;
    return new AppError('STORE_UNAVAILABLE', message, { hint, ...(isOutage && { retryAfterSeconds: 10 }), cause: error });
  }
  const answer = answerOf(error);
  if (!answer) return error;
  const { name, status } = answer;
  const explanation = KNOWN[name] ?? (status >= 500 ? FAILED : undefined);
  if (explanation) return unavailable(explanation, answer);
  if (answer.isOfAws) return new Error(`Secrets Manager answered ${status} ${name}`);
  return unavailable(
    {
      says: 'Something answers for Secrets Manager that is not it',
      hint: 'Check REGCRED_AWS_REGION, and proxies and gateways in between.',
    },
    answer,
  );
}

interface AwsAnswer {
  name: string;
  status: number;
  /** The error is one that AWS named, in its own format. */
  isOfAws: boolean;
}

/** Undefined for what is no answer of the network. */
function answerOf(error: unknown): AwsAnswer | undefined {
  if (error instanceof AppError || !(error instanceof Error)) return undefined;
  const { name, status } = awsFailureOf(error);
  if (status === undefined) return undefined;
  return { name, status, isOfAws: '$fault' in error && error.$fault !== undefined && name !== 'UnknownError' };
}

/** The message of the answer stays out of the log: it may quote what was sent. */
function unavailable({ says, hint, retryAfterSeconds }: Explanation, { name, status }: AwsAnswer): AppError {
  const cause = new Error(`The answer was ${status} ${name}`);
  return new AppError('STORE_UNAVAILABLE', says, { hint, ...(retryAfterSeconds && { retryAfterSeconds }), cause });
}
