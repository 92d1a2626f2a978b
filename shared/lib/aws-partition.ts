/** A part of AWS with accounts, keys and names of its own: no key and no role of one is good in another. */
export interface AwsPartition {
  /** As the ARNs in it say: `arn:aws-cn:`. */
  name: string;
  /** Under which its services answer. */
  domain: string;
  /** The region that its global services, such as IAM, are signed for. */
  region: string;
  /** Where IAM answers. */
  iam: string;
}

/** https://docs.aws.amazon.com/general/latest/gr/iam-service.html, and the partitions that AWS's own clients know. */
const PARTITIONS: (AwsPartition & { regions: RegExp })[] = [
  partition('aws-cn', /^cn-/, 'amazonaws.com.cn', 'cn-north-1'),
  partition('aws-us-gov', /^us-gov-/, 'amazonaws.com', 'us-gov-west-1', 'https://iam.us-gov.amazonaws.com'),
  partition('aws-eusc', /^eusc-/, 'amazonaws.eu', 'eusc-de-east-1'),
  partition('aws-iso', /^us-iso-/, 'c2s.ic.gov', 'us-iso-east-1'),
  partition('aws-iso-b', /^us-isob-/, 'sc2s.sgov.gov', 'us-isob-east-1'),
  partition('aws-iso-e', /^eu-isoe-/, 'cloud.adc-e.uk', 'eu-isoe-west-1'),
  partition('aws-iso-f', /^us-isof-/, 'csp.hci.ic.gov', 'us-isof-south-1'),
  // All regions that are none of those.
  partition('aws', /^/, 'amazonaws.com', 'us-east-1', 'https://iam.amazonaws.com'),
];

/** Of every partition: https://docs.aws.amazon.com/general/latest/gr/rande.html */
const REGION = /^(?:[a-z]{2}(?:-gov|-iso[a-z]?)?|eusc-[a-z]{2})-[a-z]{4,9}-\d{1,2}$/;

/** Whether it has the form of a region's name: endpoints are made of it. */
export function isAwsRegion(text: string): boolean {
  return REGION.test(text);
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns */
const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/(?:[\w+=,.@-]+\/)*[\w+=,.@-]{1,64}$/;

/** Whether it has the form of a role's ARN, with or without a path; in any partition, known or not. */
export function isRoleArn(text: string): boolean {
  return ROLE_ARN.test(text);
}

export function partitionOfRegion(region: string): AwsPartition {
  const found = PARTITIONS.find(({ regions }) => regions.test(region));
  if (!found) throw new RangeError('The last partition has all other regions.');
  return found;
}

/** Undefined for an ARN of a partition that is not known. */
export function partitionOfArn(arn: string): AwsPartition | undefined {
  const name = arn.split(':')[1];
  return PARTITIONS.find((known) => known.name === name);
}

function partition(
  name: string,
  regions: RegExp,
  domain: string,
  region: string,
  iam = `https://iam.${region}.${domain}`,
): AwsPartition & { regions: RegExp } {
  return { name, regions, domain, region, iam };
}
