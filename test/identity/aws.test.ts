import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openOwnIdentity, type IdentitySettings, type OwnIdentity } from '../../shared/identity/own-identity.ts';
import { HOUR, MINUTE } from '../../shared/lib/clock.ts';
import { operatorNetwork, type Operator } from '../../shared/net/operator.ts';
import { awsHosts, startAws, type Aws } from '../peers/aws.ts';
import { issuerOf, type Entra } from '../peers/entra.ts';
import {
  AUDIENCE,
  AUDIENCE_CLAIM,
  createOwnEntra,
  ISSUER,
  OWN_APP,
  OWN_ENVIRONMENT,
  OWN_OBJECT,
  OWN_SECRET,
  trustInAws,
} from '../peers/federation.ts';
import { startPlatform } from '../peers/managed-identity.ts';
import { startNamedHosts, type NamedHosts } from '../peers/named-hosts.ts';
import { oddities } from '../peers/oddities.ts';

const PLACE = { account: '210987654321', region: 'eu-west-1' };
const STS = awsHosts(PLACE).sts;
const ROLE = `arn:aws:iam::${PLACE.account}:role/services/regcred`;
const SETTINGS = { inAzure: false, tokenAudience: AUDIENCE, awsRoleArn: ROLE, awsRegion: PLACE.region };
const STATIC = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'a-secret-key-of-regcred-itself' };

let aws: Aws;
let entra: Entra;
let microsoft: NamedHosts;
let operator: Operator;
beforeAll(async () => {
  aws = await startAws(PLACE);
  entra = createOwnEntra();
  microsoft = await startNamedHosts({ 'login.microsoftonline.com': entra.handle });
  const connectTo = { ...aws.hosts.network.connectTo, ...microsoft.network.connectTo };
  operator = operatorNetwork({ inAzure: false, connectTo, ca: `${aws.hosts.network.ca}\n${microsoft.network.ca}` });
  trustInAws(aws, entra, ROLE);
});
afterEach(() => {
  aws.hosts.moods.clear();
  microsoft.moods.clear();
});
afterAll(async () => {
  await operator[Symbol.asyncDispose]();
  await microsoft[Symbol.asyncDispose]();
  await aws[Symbol.asyncDispose]();
});

interface Given {
  environment?: NodeJS.ProcessEnv;
  settings?: Partial<IdentitySettings>;
  clock?: { now(): Date };
}

function identity({ environment = OWN_ENVIRONMENT, settings = {}, clock = { now: () => new Date() } }: Given = {}): OwnIdentity {
  return openOwnIdentity(environment, { ...SETTINGS, ...settings }, { operator, clock });
}

describe('who the program is to AWS', () => {
  test('its role, for a token of Entra ID, and no key of its own', async () => {
    const key = await identity().aws();

    expect(aws.keys.get(key.accessKeyId)).toMatchObject({ role: ROLE, sessionToken: key.sessionToken?.reveal() });
    expect(key.owner).toBe(ROLE);
    expect(key.expiresAt?.getTime()).toBeGreaterThan(Date.now() + 50 * MINUTE);
  });

  test('in Azure by its managed identity', async () => {
    await using platform = await startPlatform({ entra, identities: [OWN_APP] });
    const environment = { ...platform.environment, AZURE_CLIENT_ID: OWN_APP };

    const key = await identity({ environment, settings: { inAzure: true } }).aws();

    expect(aws.keys.get(key.accessKeyId)).toMatchObject({ role: ROLE });
    const asked = new URL(platform.requests[0]?.path ?? '', platform.url).searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({ resource: AUDIENCE, client_id: OWN_APP });
  });

  test('is asked for once, however many need it, and again before it ends', async () => {
    const clock = { at: Date.now(), now: () => new Date(clock.at) };
    const own = identity({ clock });
    const before = aws.calls.length;

    const keys = await Promise.all(Array.from({ length: 1000 }, () => own.aws()));
    clock.at += 45 * MINUTE;
    const kept = await own.aws();
    clock.at += 10 * MINUTE;
    const next = await own.aws();

    expect(new Set([...keys, kept]).size).toBe(1);
    expect(next).not.toBe(kept);
    expect(aws.calls.slice(before)).toEqual(Array.from({ length: 2 }, () => 'sts:AssumeRoleWithWebIdentity'));
  });

  test('stays what it was while STS is down, until its end', async () => {
    const clock = { at: Date.now(), now: () => new Date(clock.at) };
    const own = identity({ clock });
    const first = await own.aws();

    aws.hosts.moods.set(STS, oddities.status(503));
    clock.at += 55 * MINUTE;
    const before = aws.hosts.requests.length;
    const kept = await own.aws();
    // Whoever needs it next does not wait for the same failure.
    expect(await own.aws()).toBe(first);
    expect(aws.hosts.requests.length - before).toBe(1);
    clock.at += MINUTE;
    expect(await own.aws()).toBe(first);
    expect(aws.hosts.requests.length - before).toBe(2);
    clock.at += HOUR;
    await expect(own.aws()).rejects.toMatchObject({ code: 'AWS_STS_DOWN', isOutage: true });
    aws.hosts.moods.clear();

    expect(kept).toBe(first);
    expect((await own.aws()).accessKeyId).not.toBe(first.accessKeyId);
  });

  test.for<[string, Given]>([
    ['the key of the environment, outside Azure', { environment: STATIC, settings: { awsRoleArn: undefined } }],
    ['that key, also where a role is named', { environment: { ...STATIC, ...OWN_ENVIRONMENT } }],
  ])('%s', async ([, given]) => {
    const before = aws.calls.length + microsoft.requests.length;

    const { accessKeyId, secretAccessKey } = await identity(given).aws();

    expect([accessKeyId, secretAccessKey.reveal()]).toEqual(Object.values(STATIC));
    expect(aws.calls.length + microsoft.requests.length).toBe(before);
  });

  test.for<[string, Given, string]>([
    ['neither key nor role', { settings: { awsRoleArn: undefined } }, 'AWS_ACCESS_KEY_ID'],
    ['no role, in Azure', { settings: { awsRoleArn: undefined, inAzure: true } }, 'REGCRED_AWS_ROLE_ARN'],
    ['a key without an end, in Azure', { environment: STATIC, settings: { inAzure: true } }, 'AWS_ACCESS_KEY_ID'],
  ])('nobody, with %s', async ([, given, setting]) => {
    const error = await identity(given)
      .aws()
      .catch((error: unknown) => error);

    expect(error).toMatchObject({ name: 'IdentityError', code: 'AWS_IDENTITY_MISSING', isOutage: false });
    expect(error).toHaveProperty('hint', expect.stringContaining(setting));
  });
});

describe('a role that AWS does not give', () => {
  const other = `arn:aws:iam::${PLACE.account}:role/other`;

  test.for<[string, () => Given, { code: string; isOutage: boolean }, string[]]>([
    [
      'AWS knows no provider of that issuer',
      () => {
        const known = aws.oidcProviders.get(ISSUER);
        aws.oidcProviders.delete(ISSUER);
        onTestFinished(() => void (known && aws.oidcProviders.set(ISSUER, known)));
        return {};
      },
      { code: 'AWS_ISSUER_UNKNOWN', isOutage: false },
      [ISSUER, `the audience ${OWN_APP}`, 'REGCRED_TOKEN_AUDIENCE'],
    ],
    [
      'the provider has what the token names as its audience, and AWS looks for who asked for it',
      () => {
        const known = aws.oidcProviders.get(ISSUER);
        if (known) aws.oidcProviders.set(ISSUER, { ...known, audiences: [AUDIENCE_CLAIM] });
        onTestFinished(() => void (known && aws.oidcProviders.set(ISSUER, known)));
        return {};
      },
      { code: 'AWS_ISSUER_UNKNOWN', isOutage: false },
      [ISSUER, `the audience ${OWN_APP}`],
    ],
    [
      'the provider has another audience',
      () => ({ settings: { tokenAudience: 'api://another' } }),
      { code: 'AWS_ISSUER_UNKNOWN', isOutage: false },
      [issuerOf({ id: OWN_ENVIRONMENT.AZURE_TENANT_ID }), 'api://another', 'REGCRED_TOKEN_AUDIENCE'],
    ],
    [
      'the role trusts somebody else',
      () => {
        aws.addRole(other, { trusts: [{ issuer: ISSUER, audience: OWN_APP, subject: 'somebody-else' }] });
        return { settings: { awsRoleArn: other } };
      },
      { code: 'AWS_ROLE_NOT_TRUSTING', isOutage: false },
      [other, ISSUER.slice('https://'.length), `audience ${OWN_APP}`, OWN_OBJECT, 'REGCRED_AWS_ROLE_ARN'],
    ],
    [
      'there is no such role',
      () => ({ settings: { awsRoleArn: `${ROLE}-2` } }),
      { code: 'AWS_ROLE_NOT_TRUSTING', isOutage: false },
      [`${ROLE}-2`],
    ],
    [
      'the tenant has no app with that id URI',
      () => {
        const [tenant] = entra.tenants;
        if (tenant) tenant.missing = ['api://nobody'];
        onTestFinished(() => void delete tenant?.missing);
        return { settings: { tokenAudience: 'api://nobody' } };
      },
      { code: 'ENTRA_RESOURCE_UNKNOWN', isOutage: false },
      ['REGCRED_TOKEN_AUDIENCE', 'application id URI'],
    ],
    [
      'Entra ID knows no such secret',
      () => ({ environment: { ...OWN_ENVIRONMENT, AZURE_CLIENT_SECRET: 'wrong' } }),
      { code: 'ENTRA_REFUSED', isOutage: false },
      ['REGCRED_TOKEN_AUDIENCE'],
    ],
  ])('because %s', async ([, arrange, expected, says]) => {
    const error = await identity(arrange())
      .aws()
      .catch((error: unknown) => error);

    expect(error).toMatchObject(expected);
    const { hint } = error as { hint: string };
    for (const text of says) expect(hint).toContain(text);
    // Of tokens and of the app's secret, also through all causes.
    expect(inspect(error, { depth: 10 })).not.toMatch(/eyJ|Q~a-client/);
  });

  test.for<[string, () => void, string]>([
    ['STS is out of order', () => aws.hosts.moods.set(STS, oddities.status(500)), 'AWS_STS_DOWN'],
    ['STS hangs up', () => aws.hosts.moods.set(STS, oddities.hangUp()), 'AWS_STS_DOWN'],
    ['a web page answers for STS', () => aws.hosts.moods.set(STS, oddities.html()), 'AWS_ANSWER'],
    ['something redirects', () => aws.hosts.moods.set(STS, oddities.redirect('https://elsewhere.example/')), 'AWS_ANSWER'],
    ['Entra ID hangs up', () => microsoft.moods.set('login.microsoftonline.com', oddities.hangUp()), 'ENTRA_DOWN'],
  ])('for now, because %s', async ([, arrange, code]) => {
    arrange();
    const own = identity();

    const error = await own.aws().catch((error: unknown) => error);

    expect(error).toMatchObject({ name: 'IdentityError', code, isOutage: true });
    expect(inspect(error, { depth: 10 })).not.toMatch(new RegExp(`eyJ|${OWN_SECRET}`));
    aws.hosts.moods.clear();
    microsoft.moods.clear();
    expect(await own.aws()).toMatchObject({ owner: ROLE });
  });

  test.for([
    ['ExpiredTokenException', 400, 'AWS_TOKEN_EXPIRED', false],
    ['IDPRejectedClaim', 403, 'AWS_ROLE_NOT_TRUSTING', false],
    ['IDPCommunicationError', 400, 'AWS_CANNOT_ASK_ENTRA', true],
    ['RegionDisabledException', 403, 'AWS_REGION_DISABLED', false],
    ['Throttling', 400, 'AWS_STS_DOWN', true],
    ['ValidationError', 400, 'AWS_ROLE_REFUSED', false],
  ] as const)('by the name of %s', async ([name, status, code, isOutage]) => {
    const space = 'https://sts.amazonaws.com/doc/2011-06-15/';
    const body = `<ErrorResponse xmlns="${space}"><Error><Type>Sender</Type><Code>${name}</Code><Message>No.</Message></Error></ErrorResponse>`;
    aws.hosts.moods.set(STS, oddities.status(status, { 'content-type': 'text/xml' }, body));

    await expect(identity().aws()).rejects.toMatchObject({ code, isOutage });
  });
});
