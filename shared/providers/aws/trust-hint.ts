interface Trust {
  roleArn: string;
  externalId: string;
  /** The ARN of the role or user that regcred is; undefined: not known. */
  principal: string | undefined;
}

/** What to paste into the trust policy of a role. AWS has one answer for all that may be wrong with it. */
export function trustHint({ roleArn, externalId, principal }: Trust): string {
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: principal ?? "the ARN of this service's user or role" },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'sts:ExternalId': externalId } },
  };
  return [
    `Check the ARN. The trust policy of ${roleArn} needs this statement: ${JSON.stringify(statement)}`,
    "Where the role is of another account, this service's own policy must allow sts:AssumeRole on it, too.",
  ].join('. ');
}
