import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../../documented-service.ts';
import { awsHosts, SECRET, startAws, type Aws } from '../../peers/aws.ts';
import type { Service } from '../../service.ts';
import { CHECKS, CREDENTIALS, dockerConfigOf, mistakesOf, outcomeOf, warningCodes } from '../product-service.ts';

const PLACE = { account: '123456789012', region: 'eu-west-1' };
const HOSTS = awsHosts(PLACE);
const OWN = `arn:aws:iam::${PLACE.account}:user/regcred`;
const ROLE = `arn:aws:iam::${PLACE.account}:role/publisher`;

let aws: Aws;
let service: Service;
beforeAll(async () => {
  aws = await startAws(PLACE);
  aws.addKey('AKIAOWNKEYOFREGCRED2', { arn: OWN });
  service = await startDocumentedService({
    environment: { AWS_ACCESS_KEY_ID: 'AKIAOWNKEYOFREGCRED2', AWS_SECRET_ACCESS_KEY: SECRET },
    policy: {
      projects: [{ name: 'default', environments: ['dev'], upstreams: [ROLE] }],
      network: aws.hosts.network,
    },
  });
  const { externalId } = (await service.get('/api/projects/default')).json.aws;
  aws.addRole(ROLE, { trusts: [{ principal: OWN, externalId }] });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await aws[Symbol.asyncDispose]();
});

const form = (more: object = {}) => ({ url: 'public.ecr.aws/a1b2c3d4', roleArn: ROLE, ...more });

describe('ecr-public/assume-role', () => {
  test('hands out logins that AWS made for the role in the one region that makes them', async () => {
    const before = aws.hosts.requests.length;

    const config = await dockerConfigOf(service, form());

    expect(Object.keys(config)).toEqual(['public.ecr.aws']);
    expect(aws.minted.has(config['public.ecr.aws']?.password ?? '')).toBe(true);
    expect(aws.hosts.requests.slice(before).map(({ host }) => host)).toEqual([HOSTS.publicSts, HOSTS.ecrPublic]);
  });

  test('is proven by AWS, whichever account owns the alias', async () => {
    const reply = await service.post(CREDENTIALS, { name: 'Publisher', ...form() });

    expect(reply).toMatchObject({
      status: 201,
      json: { provider: 'ecr-public', method: 'assume-role', status: { standing: 'accepted' } },
    });
    expect(warningCodes(reply)).toEqual([]);
  });

  test('is refused where the role may not log in to ECR Public', async () => {
    const role = aws.roles.get(ROLE);
    aws.addRole(ROLE, { trusts: role?.trusts ?? [], allowed: new Set(['ecr:GetAuthorizationToken']) });
    const reply = await service.post(CHECKS, form());
    if (role) aws.roles.set(ROLE, role);

    expect(outcomeOf(reply)).toEqual({ verdict: 'insufficient_permission', code: 'AWS_PERMISSION_MISSING' });
    expect(reply.text).toContain('sts:GetServiceBearerToken');
  });

  test.for<[string, object, string]>([
    ['a role of China', { roleArn: 'arn:aws-cn:iam::123456789012:role/publisher' }, '/roleArn OTHER_PARTITION'],
    ['a user', { roleArn: OWN }, '/roleArn ROLE_ARN'],
    ['another address', { url: 'gallery.ecr.aws', provider: 'ecr-public' }, '/url NOT_ECR_PUBLIC'],
  ])('refuses %s', async ([, more, mistake]) => {
    expect(mistakesOf(await service.post(CHECKS, form(more)))).toEqual([mistake]);
  });

  test('does not touch a role that the project may not have regcred touch', async () => {
    const reply = await service.post(CHECKS, form({ roleArn: `${ROLE}-2` }));

    expect(reply).toMatchObject({ status: 422, json: { code: 'ADDRESS_BLOCKED', errors: [{ pointer: '/roleArn' }] } });
  });
});
