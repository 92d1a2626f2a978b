import { awsFailureOf } from '../../lib/aws-failure.ts';
import { NetError } from '../../net/net-error.ts';
import { Refusal } from '../../oci/stages.ts';

type Explain = (action: string) => Refusal;

/**
 * By name, the first that fits; of some, the client appends `Exception`.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and that of ECR
 */
const KNOWN: [name: RegExp, explain: Explain][] = [
  [/^(?:RequestExpired|RequestTimeTooSkewed|RequestInTheFuture)$/, skewed],
  [
    /^(?:InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId)$/,
    () =>
      new Refusal(
        'invalid_credentials',
        'ACCESS_KEY_UNKNOWN',
        'AWS knows no access key with this id, or it is inactive.',
        'Look the key up in IAM. China and GovCloud have keys of their own, and an account must have enabled the region.',
      ),
  ],
  [
    /^(?:SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature)$/,
    () =>
      new Refusal(
        'invalid_credentials',
        'SECRET_KEY_WRONG',
        'The access key exists, but this is not its secret.',
        'Give the secret that was shown when this key was made; if it is lost, make a new key.',
      ),
  ],
  [
    /^ExpiredToken/,
    () => new Refusal('expired', 'ACCESS_KEY_EXPIRED', 'AWS says that the key has expired.', 'Make a new access key in IAM.'),
  ],
  [
    /throttl|toomanyrequests|requestlimitexceeded|slowdown/i,
    () => new Refusal('rate_limited', 'THROTTLED', 'AWS asks to slow down.', 'Try again later.'),
  ],
  [
    /^RegionDisabled/,
    (action) =>
      new Refusal(
        'misconfigured',
        'REGION_DISABLED',
        `AWS has ${action} switched off in this region for the account.`,
        'Enable the region of the registry in that account: AWS console > IAM > Account settings.',
      ),
  ],
  [/^(?:AccessDenied|UnauthorizedOperation)/, denied],
];

/**
 * What the failure of an AWS call says of the key. `action` is what it must be allowed, such as
 * `ecr:GetAuthorizationToken`. A failure that is no answer of AWS is answered as it is: Refusal, NetError, a defect.
 */
export function awsRefusal(error: unknown, action: string): Error {
  if (error instanceof Refusal || error instanceof NetError) return error;
  const { name, status } = awsFailureOf(error);
  if (name === 'AbortError') return new NetError('aborted', 'ABORTED', 'The request to AWS was given up.', 'Try again.');
  if (status === undefined && error instanceof Error) return error;
  // Before the signature: a wrong clock is reported under the name of a wrong secret.
  if (isSkewed(error)) return skewed();
  const [, explain] = KNOWN.find(([pattern]) => pattern.test(name)) ?? [];
  if (explain) return explain(action);
  if (status === 403) return denied(action);
  return new Refusal(
    'misconfigured',
    'AWS_ANSWER',
    `AWS answered ${action} with what could not be understood (${status}).`,
    'Try again; if it stays, see the AWS Health Dashboard.',
  );
}

function isSkewed(error: unknown): boolean {
  return error instanceof Error && /^Signature (?:expired|not yet current)/i.test(error.message);
}

function skewed(): Refusal {
  return new Refusal(
    'unreachable',
    'CLOCK_SKEW',
    'AWS refuses requests that are signed at another time than its own.',
    'Set the clock of this service; the key was not judged.',
  );
}

function denied(action: string): Refusal {
  return new Refusal(
    'insufficient_permission',
    'AWS_PERMISSION_MISSING',
    `AWS knows who this is, and does not allow ${action}.`,
    `Allow ${action} on resource * for its user or role, and see that no boundary and no organization policy denies it.`,
  );
}
