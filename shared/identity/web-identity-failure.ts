import { awsFailureOf } from '../lib/aws-failure.ts';
import { NetError } from '../net/net-error.ts';
import { claimsOf, type FederationToken } from './federation-token.ts';
import { IdentityError } from './identity-error.ts';

interface Explanation {
  code: string;
  says: string;
  hint: string;
  isOutage?: true;
}

/** Who asked for which role. */
export interface WebIdentity {
  roleArn: string;
  region: string;
  token: FederationToken;
}

/**
 * The error for what the client of STS threw when it was asked for regcred's own role. It tells what AWS must trust, and
 * never holds the token, nor the client's own error, which has the request with the token in it.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors
 */
export function webIdentityFailure(error: unknown, identity: WebIdentity): unknown {
  if (error instanceof NetError) return identityError(DOWN, error);
  if (error instanceof IdentityError || !(error instanceof Error)) return error;
  const { name, status } = awsFailureOf(error);
  // A defect of ours: no answer of the network.
  if (status === undefined) return error;
  return identityError(explain(name, status, identity), new Error(`STS answered ${status} ${name}`));
}

const DOWN: Explanation = {
  code: 'AWS_STS_DOWN',
  says: 'STS, which gives this service its key of AWS, cannot be reached.',
  hint: 'Ask again later; the log has the reason. REGCRED_AWS_REGION says which STS is asked.',
  isOutage: true,
};

const NOT_STS: Explanation = {
  code: 'AWS_ANSWER',
  says: 'Something answers for STS that is not it.',
  hint: 'Check REGCRED_AWS_REGION, and proxies and gateways in between.',
  isOutage: true,
};

type Explain = (identity: WebIdentity) => Explanation;

/** By the beginning of the name, because the client appends `Exception` to some; the first that fits. */
const KNOWN: [name: RegExp, explain: Explain][] = [
  [
    /^InvalidIdentityToken/,
    ({ token }) => ({
      code: 'AWS_ISSUER_UNKNOWN',
      says: 'AWS does not take the token of Entra ID by which this service asks for its role.',
      hint: `In the account of REGCRED_AWS_ROLE_ARN, make an OpenID Connect provider of IAM with the URL ${token.issuer} and the audience ${awsAudience(token)}: for AWS that is who asked for the token, where the token says so. REGCRED_TOKEN_AUDIENCE says for which app it is.`,
    }),
  ],
  [
    /^(?:AccessDenied|IDPRejectedClaim)/,
    ({ roleArn, token }) => ({
      code: 'AWS_ROLE_NOT_TRUSTING',
      says: 'The role of this service in AWS is not there, or does not trust it.',
      hint: `Check REGCRED_AWS_ROLE_ARN. The trust policy of ${roleArn} must allow sts:AssumeRoleWithWebIdentity to the OpenID Connect provider of ${withoutScheme(token.issuer)}, and its conditions must fit ${awsClaims(token)}.`,
    }),
  ],
  [
    /^ExpiredToken/,
    () => ({
      code: 'AWS_TOKEN_EXPIRED',
      says: 'AWS says that the token of Entra ID has expired.',
      hint: 'Check the clock of this service.',
    }),
  ],
  [
    /^RegionDisabled/,
    ({ region }) => ({
      code: 'AWS_REGION_DISABLED',
      says: `STS is switched off in ${region} for the account of this service's role.`,
      hint: 'Enable the region in that account, or set REGCRED_AWS_REGION to another one.',
    }),
  ],
  [
    /^IDPCommunicationError/,
    () => ({
      code: 'AWS_CANNOT_ASK_ENTRA',
      says: 'AWS could not get the keys of Entra ID to verify the token of this service.',
      hint: 'Ask again later.',
      isOutage: true,
    }),
  ],
  [/throttl|toomanyrequests|requestlimitexceeded/i, () => DOWN],
];

function explain(name: string, status: number, identity: WebIdentity): Explanation {
  const [, known] = KNOWN.find(([pattern]) => pattern.test(name)) ?? [];
  if (known) return known(identity);
  if (status >= 500) return DOWN;
  if (status < 400 || name === 'UnknownError') return NOT_STS;
  return {
    code: 'AWS_ROLE_REFUSED',
    says: `AWS does not give this service its role (${status}).`,
    hint: `Check REGCRED_AWS_ROLE_ARN, REGCRED_AWS_REGION, and what its account trusts: ${awsClaims(identity.token)}.`,
  };
}

/** As AWS sees them. */
function awsClaims(token: FederationToken): string {
  return claimsOf({ ...token, audience: awsAudience(token) });
}

/**
 * What AWS compares with the audiences of a provider, and what conditions on `aud` see: `azp`, where a token has it.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
 */
function awsAudience({ audience, authorizedParty }: FederationToken): string {
  return authorizedParty ?? audience;
}

/** As IAM names a provider. */
function withoutScheme(issuer: string): string {
  return issuer.replace(/^https:\/\//, '');
}

function identityError({ code, says, hint, isOutage }: Explanation, cause: Error): IdentityError {
  return new IdentityError(code, says, hint, { isOutage: isOutage === true, cause });
}
