import { IAMClient } from '@aws-sdk/client-iam';
import { STSClient } from '@aws-sdk/client-sts';
import { describe, expect, test } from 'vitest';
import { partitionOfArn, partitionOfRegion } from '../../shared/lib/aws-partition.ts';

const CREDENTIALS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'any' };

/** One of each partition, and more of the first. */
const REGIONS: [region: string, partition: string][] = [
  ['us-east-1', 'aws'],
  ['eu-west-1', 'aws'],
  ['ap-southeast-2', 'aws'],
  ['il-central-1', 'aws'],
  ['cn-north-1', 'aws-cn'],
  ['cn-northwest-1', 'aws-cn'],
  ['us-gov-west-1', 'aws-us-gov'],
  ['us-gov-east-1', 'aws-us-gov'],
  ['eusc-de-east-1', 'aws-eusc'],
  ['us-iso-east-1', 'aws-iso'],
  ['us-isob-east-1', 'aws-iso-b'],
  ['eu-isoe-west-1', 'aws-iso-e'],
  ['us-isof-south-1', 'aws-iso-f'],
];

/** Where AWS's own clients would go if they were not told. */
function endpointOf(client: IAMClient | STSClient, region: string): string {
  const options = { Region: region, UseDualStack: false, UseFIPS: false, UseGlobalEndpoint: false };
  return client.config.endpointProvider(options).url.origin;
}

describe.for(REGIONS)('the region %s', ([region, name]) => {
  const partition = partitionOfRegion(region);

  test(`is in ${name}, whose ARNs lead there, too`, () => {
    expect(partition.name).toBe(name);
    expect(partitionOfArn(`arn:${name}:iam::123456789012:role/pull`)).toBe(partition);
    expect(partitionOfRegion(partition.region)).toBe(partition);
  });

  test("has IAM and STS where AWS's own clients look for them", () => {
    expect(partition.iam).toBe(endpointOf(new IAMClient({ region, credentials: CREDENTIALS }), region));
    expect(`https://sts.${region}.${partition.domain}`).toBe(
      endpointOf(new STSClient({ region, credentials: CREDENTIALS }), region),
    );
  });
});

test('an ARN of another partition leads nowhere', () => {
  expect(partitionOfArn('arn:aws-moon:iam::123456789012:role/pull')).toBeUndefined();
  expect(partitionOfArn('AKIAIOSFODNN7EXAMPLE')).toBeUndefined();
});
