import { ECRClient } from '@aws-sdk/client-ecr';
import { STSClient } from '@aws-sdk/client-sts';
import { describe, expect, test } from 'vitest';
import { recogniseProvider } from '../../../shared/providers/catalog.ts';
import { ecrEndpoint, ecrNames, parseEcrHost, stsEndpoint } from '../../../shared/providers/ecr/host.ts';

const ACCOUNT = '123456789012';

const HOSTS = [
  ['dkr.ecr.eu-west-1.amazonaws.com', 'eu-west-1', { isFips: false, isDualStack: false }],
  ['dkr-ecr.eu-west-1.on.aws', 'eu-west-1', { isFips: false, isDualStack: true }],
  ['dkr.ecr-fips.us-east-1.amazonaws.com', 'us-east-1', { isFips: true, isDualStack: false }],
  ['dkr-ecr-fips.us-east-1.on.aws', 'us-east-1', { isFips: true, isDualStack: true }],
  ['dkr.ecr.us-gov-west-1.amazonaws.com', 'us-gov-west-1', { isFips: false, isDualStack: false }],
  ['dkr.ecr-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1', { isFips: true, isDualStack: false }],
  ['dkr.ecr.cn-north-1.amazonaws.com.cn', 'cn-north-1', { isFips: false, isDualStack: false }],
  ['dkr-ecr.cn-north-1.on.amazonwebservices.com.cn', 'cn-north-1', { isFips: false, isDualStack: true }],
  ['dkr.ecr.eusc-de-east-1.amazonaws.eu', 'eusc-de-east-1', { isFips: false, isDualStack: false }],
  ['dkr.ecr.us-iso-east-1.c2s.ic.gov', 'us-iso-east-1', { isFips: false, isDualStack: false }],
  ['dkr.ecr.us-isob-east-1.sc2s.sgov.gov', 'us-isob-east-1', { isFips: false, isDualStack: false }],
  ['dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk', 'eu-isoe-west-1', { isFips: false, isDualStack: false }],
  ['dkr.ecr.us-isof-south-1.csp.hci.ic.gov', 'us-isof-south-1', { isFips: false, isDualStack: false }],
] as const;

describe('the address of a private registry', () => {
  test.for(HOSTS)('tells account and region: %s', ([host, region, flags]) => {
    expect(parseEcrHost(`${ACCOUNT}.${host}`)).toMatchObject({ account: ACCOUNT, region, ...flags });
    expect(recogniseProvider(`${ACCOUNT}.${host}`)?.id).toBe('ecr');
  });

  test.for(HOSTS)("has the endpoints that AWS's own rules give: %s", ([host, Region, flags]) => {
    const place = { ...flags, account: ACCOUNT, region: Region, domain: host.split(`${Region}.`)[1] ?? '' };
    const rules = { Region, UseFIPS: flags.isFips, UseDualStack: flags.isDualStack };

    const ecr = new ECRClient({ region: Region }).config.endpointProvider(rules, {}).url;
    const sts = new STSClient({ region: Region }).config.endpointProvider({ ...rules, UseGlobalEndpoint: false }, {}).url;

    expect(ecrEndpoint(place)).toBe(ecr.origin);
    expect(stsEndpoint(place)).toBe(sts.origin);
  });

  test.for([
    '12345.dkr.ecr.us-east-1.amazonaws.com',
    'x123456789012.dkr.ecr.us-east-1.amazonaws.com',
    '123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.example',
    '123456789012.dkr.ecr.us-east-1.evil.example',
    '123456789012.dkr.ecr.us.east-1.amazonaws.com',
    '123456789012.dkr.ecr.us-east-1.amazonaws.com:8443',
    '123456789012.dkrxecr.us-east-1.amazonaws.com',
    // What is asked with a key would be a bucket of somebody, or another part of AWS.
    '123456789012.dkr.ecr.s3.amazonaws.com',
    '123456789012.dkr.ecr.us-east-1.amazonaws.com.cn',
    '123456789012.dkr.ecr.cn-north-1.amazonaws.com',
    '123456789012.dkr.ecr.us-east-1.amazonaws.eu',
    '123456789012.dkr-ecr.us-east-1.amazonaws.com',
    '123456789012.dkr.ecr.us-east-1.on.aws',
    'public.ecr.aws',
  ])('is not taken for one: %s', (host) => {
    expect(parseEcrHost(host)).toBeUndefined();
  });

  test.for([
    ['dkr.ecr.eu-west-1.amazonaws.com', 'dkr-ecr.eu-west-1.on.aws'],
    ['dkr.ecr-fips.us-east-1.amazonaws.com', 'dkr-ecr-fips.us-east-1.on.aws'],
    ['dkr.ecr.cn-north-1.amazonaws.com.cn', 'dkr-ecr.cn-north-1.on.amazonwebservices.com.cn'],
  ])('goes by two names, whichever was given: %s', ([single, dual]) => {
    const names = [`${ACCOUNT}.${single}`, `${ACCOUNT}.${dual}`];

    expect(ecrNames(`${ACCOUNT}.${single}`)).toEqual(names);
    expect(ecrNames(`${ACCOUNT}.${dual}`)).toEqual(names.toReversed());
  });
});
