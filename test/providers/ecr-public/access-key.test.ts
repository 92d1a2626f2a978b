import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awsHosts, SECRET, startAws, type Aws } from '../../peers/aws.ts';
import type { Service } from '../../service.ts';
import { CHECKS, CREDENTIALS, dockerConfigOf, mistakesOf, outcomeOf, startServiceFor } from '../product-service.ts';

const PLACE = { account: '123456789012', region: 'eu-west-1' };
const HOSTS = awsHosts(PLACE);
const KEY = 'AKIA2222222222222222';

let aws: Aws;
let service: Service;
beforeAll(async () => {
  aws = await startAws(PLACE);
  aws.addKey(KEY);
  aws.addKey('AKIAPRIVATE222222222', { allowed: new Set(['ecr:GetAuthorizationToken']) });
  service = await startServiceFor(aws.hosts);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await aws[Symbol.asyncDispose]();
});

const form = (more: object = {}) => ({ url: 'public.ecr.aws', accessKeyId: KEY, secretAccessKey: SECRET, ...more });

describe('ecr-public/access-key', () => {
  test('hands out logins that AWS made in the one region that makes them', async () => {
    const before = aws.hosts.requests.length;

    const config = await dockerConfigOf(service, form());

    const { username, password = '' } = config['public.ecr.aws'] ?? {};
    expect(Object.keys(config)).toEqual(['public.ecr.aws']);
    expect(username).toBe('AWS');
    expect(aws.minted.has(password)).toBe(true);
    expect(aws.hosts.requests.slice(before).map(({ host }) => host)).toEqual([HOSTS.ecrPublic]);
  });

  test('is proven by AWS, although the registry lets anybody in', async () => {
    const reply = await service.post(CHECKS, form());

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
  });

  test.for([
    ['an id that is not known', { accessKeyId: 'AKIA9999999999999999' }, 'invalid_credentials', 'ACCESS_KEY_UNKNOWN'],
    ['a wrong secret', { secretAccessKey: SECRET.replace('w', 'x') }, 'invalid_credentials', 'SECRET_KEY_WRONG'],
    [
      'a user of private registries',
      { accessKeyId: 'AKIAPRIVATE222222222' },
      'insufficient_permission',
      'AWS_PERMISSION_MISSING',
    ],
  ] as const)('tells %s apart', async ([, more, verdict, code]) => {
    expect(outcomeOf(await service.post(CHECKS, form(more)))).toEqual({ verdict, code });
  });

  test.for([
    ['public.ecr.aws', 'public.ecr.aws'],
    ['https://public.ecr.aws/a1b2c3d4/', 'public.ecr.aws/a1b2c3d4'],
    ['ecr-public.aws.com', 'public.ecr.aws'],
  ] as const)('takes %s for %s', async ([url, canonical]) => {
    const reply = await service.post(`${CREDENTIALS}?check=skip`, { name: `At ${url}`, ...form({ url }) });

    expect(reply).toMatchObject({ status: 201, json: { provider: 'ecr-public', url: canonical } });
  });

  test('refuses another address', async () => {
    const reply = await service.post(CHECKS, form({ url: 'gallery.ecr.aws', provider: 'ecr-public' }));

    expect(mistakesOf(reply)).toEqual(['/url NOT_ECR_PUBLIC']);
  });
});
