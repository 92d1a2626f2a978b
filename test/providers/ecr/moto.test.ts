import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awsHosts } from '../../peers/aws.ts';
import { startMoto, type Moto } from '../../peers/moto.ts';
import { startNamedHosts, type NamedHosts } from '../../peers/named-hosts.ts';
import { needs } from '../../peers/need.ts';
import { registryHandler } from '../../peers/registry.ts';
import type { Service } from '../../service.ts';
import { CHECKS, CREDENTIALS, outcomeOf, startServiceFor, warningCodes } from '../product-service.ts';

const PLACE = { account: '123456789012', region: 'eu-west-1' };
const HOSTS = awsHosts(PLACE);

const MAY_LOG_IN = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: ['ecr:GetAuthorizationToken', 'sts:GetCallerIdentity', 'iam:ListAccessKeys'], Resource: '*' },
  ],
};

describe('ecr/access-key, with STS, IAM and ECR that others wrote', needs('moto'), () => {
  let moto: Moto;
  let hosts: NamedHosts;
  let service: Service;
  beforeAll(async () => {
    moto = await startMoto();
    // moto knows the API, and not the registry behind it, which takes the one password that moto gives.
    const registry = registryHandler({ users: { AWS: `${PLACE.account}-auth-token` } });
    const [ecr, sts, iam] = [HOSTS.ecr, HOSTS.sts, HOSTS.iam];
    hosts = await startNamedHosts({
      [HOSTS.registry]: registry.handle,
      ...Object.fromEntries([ecr, sts, iam].map((name) => [name, moto.handle])),
    });
    service = await startServiceFor(hosts);
  });
  afterAll(async () => {
    await service?.[Symbol.asyncDispose]();
    await hosts?.[Symbol.asyncDispose]();
    await moto?.[Symbol.asyncDispose]();
  });

  const check = async (form: object) => outcomeOf(await service.post(CHECKS, { url: HOSTS.registry, ...form }));

  test('accepts a key that is right, and knows whose it is', async () => {
    const key = await moto.addUser('ci', MAY_LOG_IN);

    const reply = await service.post(CHECKS, { url: HOSTS.registry, ...key });
    const stored = await service.post(CREDENTIALS, { name: 'ECR', url: HOSTS.registry, ...key });

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toEqual(['NEVER_EXPIRES']);
    // By IAM, which made it a moment ago.
    expect(Math.abs(Date.now() - new Date(stored.json.active.issuedAt).getTime())).toBeLessThan(600_000);
  });

  test('tells a wrong id, a wrong secret and a missing right apart', async () => {
    const key = await moto.addUser('apart', MAY_LOG_IN);
    const powerless = await moto.addUser('powerless');

    expect(await check({ ...key, accessKeyId: 'AKIA9999999999999999' })).toEqual({
      verdict: 'invalid_credentials',
      code: 'ACCESS_KEY_UNKNOWN',
    });
    expect(await check({ ...key, secretAccessKey: powerless.secretAccessKey })).toEqual({
      verdict: 'invalid_credentials',
      code: 'SECRET_KEY_WRONG',
    });
    expect(await check(powerless)).toEqual({ verdict: 'insufficient_permission', code: 'AWS_PERMISSION_MISSING' });
  });
});
