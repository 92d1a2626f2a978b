import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awsHosts, SECRET, startAws, type Aws } from '../../peers/aws.ts';
import { oddities } from '../../peers/oddities.ts';
import { startService, type Service } from '../../service.ts';
import { CHECKS, CREDENTIALS, dockerConfigOf, mistakesOf, outcomeOf, startServiceFor, warningCodes } from '../product-service.ts';

const PLACE = { account: '123456789012', region: 'eu-west-1' };
const HOSTS = awsHosts(PLACE);
const KEY = 'AKIA2222222222222222';
const DAY = 86_400_000;
const OLD = 'AKIAOLD2222222222222';
const CALLS = ['sts:GetCallerIdentity', 'ecr:GetAuthorizationToken'];

let aws: Aws;
let service: Service;
beforeAll(async () => {
  aws = await startAws(PLACE);
  aws.addKey(KEY);
  aws.addKey('AKIAINACTIVE22222222', { isActive: false });
  aws.addKey('AKIADENIED2222222222', { allowed: new Set() });
  aws.addKey('AKIAFOREIGN222222222', { account: '210987654321', arn: 'arn:aws:iam::210987654321:user/ci' });
  aws.addKey('AKIAROOT222222222222', { arn: 'arn:aws:iam::123456789012:root' });
  service = await startServiceFor(aws.hosts);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await aws[Symbol.asyncDispose]();
});

const userArn = (name: string) => `arn:aws:iam::${PLACE.account}:user/${name}`;
const form = (more: object = {}) => ({ url: HOSTS.registry, accessKeyId: KEY, secretAccessKey: SECRET, ...more });

describe('ecr/access-key', () => {
  test('stores a key with its owner and its id, and hands out a login of twelve hours', async () => {
    const reply = await service.post(CREDENTIALS, { name: 'ECR', ...form() });

    expect(reply).toMatchObject({
      status: 201,
      json: {
        provider: 'ecr',
        method: 'access-key',
        accessKeyId: KEY,
        username: 'arn:aws:iam::123456789012:user/ci',
        active: { upstreamId: KEY },
        status: { standing: 'accepted' },
      },
    });
    const handed = await service.post(`${CREDENTIALS}/${reply.json.id}/login`);
    const { password } = handed.json.value;
    expect(handed.json.value.username).toBe('AWS');
    expect(new Date(handed.json.expiresAt).getTime()).toBe(aws.minted.get(password));
    expect(service.output() + reply.text + handed.text).not.toContain(SECRET);
  });

  test('asks AWS for one login, however many ask for it', async () => {
    const { json } = await service.post(`${CREDENTIALS}?check=skip`, { name: 'ECR for many', ...form() });
    const before = aws.calls.length;

    const replies = await Promise.all(Array.from({ length: 20 }, () => service.post(`${CREDENTIALS}/${json.id}/login`)));

    expect(new Set(replies.map((reply) => reply.json.value.password)).size).toBe(1);
    expect(aws.calls.slice(before)).toEqual(['ecr:GetAuthorizationToken']);
  });

  test('writes the login under both names of the registry', async () => {
    const config = await dockerConfigOf(service, form());

    expect(Object.keys(config)).toEqual([HOSTS.registry, '123456789012.dkr-ecr.eu-west-1.on.aws']);
  });

  test('asks no more than it needs: the registry twice, and AWS who it is and for a login', async () => {
    const calls = aws.calls.length;
    const requests = aws.hosts.requests.length;

    const reply = await service.post(CHECKS, form());

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toEqual(['NEVER_EXPIRES']);
    expect(aws.calls.slice(calls)).toEqual(CALLS);
    expect(aws.hosts.requests.length - requests).toBe(4);
  });

  test.for([
    ['an id that is not known', { accessKeyId: 'AKIA9999999999999999' }, 'invalid_credentials', 'ACCESS_KEY_UNKNOWN'],
    ['an inactive key', { accessKeyId: 'AKIAINACTIVE22222222' }, 'invalid_credentials', 'ACCESS_KEY_UNKNOWN'],
    ['a wrong secret', { secretAccessKey: SECRET.replace('w', 'x') }, 'invalid_credentials', 'SECRET_KEY_WRONG'],
    ['a user without rights', { accessKeyId: 'AKIADENIED2222222222' }, 'insufficient_permission', 'AWS_PERMISSION_MISSING'],
  ] as const)('tells %s apart', async ([, more, verdict, code]) => {
    const reply = await service.post(CHECKS, form(more));

    expect(outcomeOf(reply)).toEqual({ verdict, code });
    expect(reply.text).not.toContain(SECRET.slice(4, 30));
    expect(await service.post(CREDENTIALS, { name: code, ...form(more) })).toMatchObject({ status: 422, json: { verdict } });
  });

  test('does not ask for a login once the key was refused', async () => {
    const before = aws.calls.length;

    await service.post(CHECKS, form({ secretAccessKey: SECRET.replace('w', 'x') }));

    expect(aws.calls.slice(before)).toEqual(['sts:GetCallerIdentity']);
  });

  test.for([
    ['of another account', 'AKIAFOREIGN222222222', 'OTHER_ACCOUNT'],
    ['of the root user', 'AKIAROOT222222222222', 'ROOT_KEY'],
  ] as const)('warns of a key %s', async ([, accessKeyId, code]) => {
    const reply = await service.post(CHECKS, form({ accessKeyId }));

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toContain(code);
  });

  test.for([1, -1])('does not blame the key for a wrong clock (%i h)', async (hours) => {
    aws.clock.ahead = hours * 3_600_000;
    const reply = await service.post(CHECKS, form());
    aws.clock.ahead = 0;

    expect(outcomeOf(reply)).toEqual({ verdict: 'unreachable', code: 'CLOCK_SKEW' });
  });

  test('says that AWS throttles, and refuses nothing for good', async () => {
    aws.mood.isThrottling = true;
    const reply = await service.post(CREDENTIALS, { name: 'Throttled', ...form() });
    aws.mood.isThrottling = false;

    expect(reply).toMatchObject({ status: 503, json: { code: 'REGISTRY_THROTTLED', verdict: 'rate_limited' } });
    expect(reply.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  test('hands out the login that is kept while AWS is down', async () => {
    const { json } = await service.post(`${CREDENTIALS}?check=skip`, { name: 'ECR kept', ...form() });
    const first = await service.post(`${CREDENTIALS}/${json.id}/login`);

    aws.hosts.moods.set(HOSTS.ecr, oddities.status(500));
    const kept = await service.post(`${CREDENTIALS}/${json.id}/login`);
    const fresh = await service.post(`${CREDENTIALS}/${json.id}/login`, { fresh: true });
    aws.hosts.moods.delete(HOSTS.ecr);

    expect(kept.json.value).toEqual(first.json.value);
    expect(fresh).toMatchObject({ status: 502, json: { code: 'REGISTRY_UNREACHABLE' } });
  });

  test('says what the login may do in a repository', async () => {
    const reply = await service.post(CHECKS, { ...form(), repositories: [{ name: 'team/app', actions: ['pull', 'push'] }] });

    expect(reply.json.capabilities).toMatchObject([{ repository: 'team/app', pull: 'yes', push: 'yes' }]);
  });

  test('understands user name and password as the halves of the key', async () => {
    const reply = await service.post(CHECKS, { url: HOSTS.registry, username: KEY, password: SECRET });

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
  });

  test.for([
    [`https://${HOSTS.registry}/`, HOSTS.registry],
    [`${HOSTS.registry.toUpperCase()}/Team/App`, `${HOSTS.registry}/team/app`],
    ['123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com'],
  ] as const)('takes %s for %s, and tells the provider by it', async ([url, canonical]) => {
    const reply = await service.post(`${CREDENTIALS}?check=skip`, { name: `At ${url}`, ...form({ url }) });

    expect(reply).toMatchObject({ status: 201, json: { provider: 'ecr', url: canonical } });
  });

  test.for(['aws', 'Amazon ECR', 'ecr'])('is chosen as %s, too', async (provider) => {
    const reply = await service.post(`${CREDENTIALS}?check=skip`, { name: `By ${provider}`, provider, ...form() });

    expect(reply).toMatchObject({ status: 201, json: { provider: 'ecr', method: 'access-key' } });
  });

  test.for([
    ['a missing id', { accessKeyId: undefined }, '/accessKeyId REQUIRED'],
    ['a temporary key', { accessKeyId: 'ASIA2222222222222222' }, '/accessKeyId TEMPORARY_KEY'],
    ['the user name of a minted login', { accessKeyId: 'AWS' }, '/accessKeyId MINTED_LOGIN'],
    ['the secret in place of the id', { accessKeyId: SECRET }, '/accessKeyId SECRET_IN_ID'],
    ['an ARN', { accessKeyId: 'arn:aws:iam::123456789012:user/ci' }, '/accessKeyId ACCESS_KEY_ID'],
    ['an id in quotes', { accessKeyId: `"${KEY}"` }, '/accessKeyId QUOTED'],
    ['a token of GitHub as id', { accessKeyId: `ghp_${'a1'.repeat(18)}` }, '/accessKeyId WRONG_TOKEN'],
    ['a missing secret', { secretAccessKey: undefined }, '/secretAccessKey REQUIRED'],
    ['the id in place of the secret', { secretAccessKey: KEY }, '/secretAccessKey WRONG_TOKEN'],
    ['a token of GitHub', { secretAccessKey: `ghp_${'a1'.repeat(18)}` }, '/secretAccessKey WRONG_TOKEN'],
    ['a secret in quotes', { secretAccessKey: `"${SECRET}"` }, '/secretAccessKey QUOTED'],
    ['a secret with a space', { secretAccessKey: `${SECRET} ` }, '/secretAccessKey SPACES'],
    ['half a secret', { secretAccessKey: SECRET.slice(0, 20) }, '/secretAccessKey SECRET_ACCESS_KEY'],
    ['a number', { secretAccessKey: 7 }, '/secretAccessKey WRONG_TYPE'],
    ['an address without an account', { url: 'dkr.ecr.eu-west-1.amazonaws.com', provider: 'ecr' }, '/url NOT_ECR'],
    ['the address of another product', { url: 'ghcr.io', provider: 'ecr' }, '/provider CONTRADICTION'],
  ] as const)('refuses %s and names the field', async ([, more, mistake]) => {
    const before = aws.hosts.requests.length;

    const reply = await service.post(CHECKS, form(more));

    expect(mistakesOf(reply)).toEqual([mistake]);
    expect(reply.json.errors[0].hint).toMatch(/\w/);
    expect(reply.text).not.toContain(SECRET.slice(0, 20));
    expect(aws.hosts.requests.length).toBe(before);
  });

  test('refuses a line break in the secret', async () => {
    const reply = await service.post(CHECKS, form({ secretAccessKey: `${SECRET}\n` }));

    expect(reply).toMatchObject({ status: 400, json: { errors: [{ pointer: '/secretAccessKey', code: 'SPACES' }] } });
  });

  test('keeps the secret from everybody but the signature', async () => {
    const before = aws.hosts.requests.length;

    await service.post(CHECKS, form());

    const sent = aws.hosts.requests.slice(before).filter(({ authorization }) => authorization !== undefined);
    expect(sent.map(({ host, authorization }) => `${host} ${authorization}`)).toEqual([
      `${HOSTS.sts} AWS4-HMAC-SHA256`,
      `${HOSTS.ecr} AWS4-HMAC-SHA256`,
      `${HOSTS.registry} Basic`,
    ]);
  });

  test('knows how old a key is that may read itself, and says so where it is old', async () => {
    const allowed = new Set(['ecr:GetAuthorizationToken', 'iam:ListAccessKeys']);
    const now = Math.floor(Date.now() / 1000) * 1000;
    const made = (days: number) => new Date(now - days * DAY);
    aws.addKey(OLD, { arn: userArn('old'), allowed, createdAt: made(100) });
    aws.addKey('AKIAYOUNG22222222222', { arn: userArn('young'), allowed, createdAt: made(20) });
    const create = async (accessKeyId: string) =>
      service.post(CREDENTIALS, {
        name: accessKeyId,
        ...form({ accessKeyId }),
        environments: ['prod'],
        rotationPolicy: { everyDays: 90 },
      });

    const old = await create(OLD);
    const young = await create('AKIAYOUNG22222222222');

    expect(old.json.active.issuedAt).toBe(made(100).toISOString());
    expect(warningCodes(old)).toEqual(['NEVER_EXPIRES', 'OLD_KEY', 'REPLACEMENT_DUE']);
    expect(old.text).toContain(made(100).toISOString().slice(0, 10));
    expect(young.json.active.issuedAt).toBe(made(20).toISOString());
    expect(warningCodes(young)).toEqual(['NEVER_EXPIRES']);

    const { json } = await service.post(`${CREDENTIALS}?check=skip`, { name: 'Later', ...form({ accessKeyId: OLD }) });
    await service.post(`${CREDENTIALS}/${json.id}/check`);
    expect((await service.get(`${CREDENTIALS}/${json.id}`)).json.active.issuedAt).toBe(made(100).toISOString());
  });

  test('says nothing of the age of a key that may not read itself, and does not ask again', async () => {
    const accessKeyId = 'AKIASILENT2222222222';
    aws.addKey(accessKeyId, { arn: userArn('silent') });
    const before = aws.calls.length;

    const first = await service.post(CHECKS, form({ accessKeyId }));
    const second = await service.post(CHECKS, form({ accessKeyId }));

    expect([outcomeOf(first), outcomeOf(second)]).toEqual([{ verdict: 'valid' }, { verdict: 'valid' }]);
    expect(warningCodes(second)).toEqual(['NEVER_EXPIRES']);
    expect(aws.calls.slice(before).filter((call) => call === 'iam:ListAccessKeys')).toHaveLength(1);
  });

  test('is checked in time while IAM never answers', async () => {
    aws.addKey('AKIAPATIENT222222222', { arn: userArn('patient') });
    aws.hosts.moods.set(HOSTS.iam, oddities.silence());
    const reply = await service.post(CHECKS, form({ accessKeyId: 'AKIAPATIENT222222222' }));
    aws.hosts.moods.delete(HOSTS.iam);

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toEqual(['NEVER_EXPIRES']);
  });

  test("asks AWS itself, whatever the machine's own settings of AWS say", async () => {
    await using elsewhere = await startService({
      policy: { network: aws.hosts.network },
      environment: {
        AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
        AWS_USE_FIPS_ENDPOINT: 'true',
        AWS_PROFILE: 'missing',
        AWS_REGION: 'us-west-2',
      },
    });

    expect(outcomeOf(await elsewhere.post(CHECKS, form()))).toEqual({ verdict: 'valid' });
  });
});
