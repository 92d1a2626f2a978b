import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startDocumentedService } from '../../documented-service.ts';
import { awsHosts, SECRET, startAws, type Aws } from '../../peers/aws.ts';
import { createOwnEntra, OWN_ENVIRONMENT, trustInAws } from '../../peers/federation.ts';
import { startNamedHosts, type NamedHosts } from '../../peers/named-hosts.ts';
import { oddities } from '../../peers/oddities.ts';
import type { Service } from '../../service.ts';
import { temporaryFolder } from '../../stores/temporary-folder.ts';
import { CHECKS, CREDENTIALS, mistakesOf, outcomeOf, warningCodes } from '../product-service.ts';

const PLACE = { account: '123456789012', region: 'eu-west-1' };
const HOSTS = awsHosts(PLACE);
/** regcred itself is a role of another account. */
const OWN_ROLE = 'arn:aws:iam::210987654321:role/services/regcred';
const ENVIRONMENT = { ...OWN_ENVIRONMENT, REGCRED_AWS_ROLE_ARN: OWN_ROLE, REGCRED_AWS_REGION: PLACE.region };
const TEAM = `arn:aws:iam::${PLACE.account}:role/team`;
const ROLE = `${TEAM}/pull`;
const FOREIGN = 'arn:aws:iam::345678901234:role/pull';
const PROJECTS = [
  { name: 'default', environments: ['dev'], upstreams: [TEAM, FOREIGN] },
  { name: 'other', environments: ['dev'], upstreams: [TEAM] },
];
const CALLS = ['sts:AssumeRole', 'ecr:GetAuthorizationToken'];

let aws: Aws;
let microsoft: NamedHosts;
let service: Service;
let externalId: string;

function startWith({
  projects = PROJECTS,
  environment = ENVIRONMENT,
  data,
}: { projects?: object[]; environment?: Record<string, string>; data?: string } = {}) {
  const connectTo = { ...aws.hosts.network.connectTo, ...microsoft.network.connectTo };
  const ca = `${aws.hosts.network.ca}\n${microsoft.network.ca}`;
  return startDocumentedService({ environment, policy: { projects, network: { connectTo, ca } }, ...(data && { data }) });
}

async function externalIdOf(service: Service, project = 'default'): Promise<string> {
  return (await service.get(`/api/projects/${project}`, { as: { project } })).json.aws.externalId;
}

beforeAll(async () => {
  aws = await startAws(PLACE);
  const entra = createOwnEntra();
  microsoft = await startNamedHosts({ 'login.microsoftonline.com': entra.handle });
  trustInAws(aws, entra, OWN_ROLE);
  service = await startWith();
  externalId = await externalIdOf(service);
  aws.addRole(ROLE, { trusts: [{ principal: OWN_ROLE, externalId }] });
});
afterEach(() => aws.hosts.moods.clear());
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await microsoft[Symbol.asyncDispose]();
  await aws[Symbol.asyncDispose]();
});

const form = (more: object = {}) => ({ url: HOSTS.registry, roleArn: ROLE, ...more });

describe('ecr/assume-role', () => {
  test('stores a role without a secret, and hands out a login of twelve hours that the role made', async () => {
    const reply = await service.post(CREDENTIALS, { name: 'Role', ...form() });

    expect(reply).toMatchObject({
      status: 201,
      json: {
        provider: 'ecr',
        method: 'assume-role',
        roleArn: ROLE,
        username: `arn:aws:sts::${PLACE.account}:assumed-role/pull/regcred-default`,
        active: { expiresAt: null },
        status: { standing: 'accepted' },
        warnings: [],
      },
    });
    const handed = await service.post(`${CREDENTIALS}/${reply.json.id}/login`);
    const { username, password } = handed.json.value;
    expect(username).toBe('AWS');
    expect(new Date(handed.json.expiresAt).getTime()).toBe(aws.minted.get(password));
    expect(await service.get(`${CREDENTIALS}/${reply.json.id}/activity`)).toMatchObject({ status: 200 });
    const keys = [...aws.keys.values()].flatMap(({ secret, sessionToken = secret }) => [secret, sessionToken]);
    for (const secret of keys) expect(service.output() + reply.text + handed.text).not.toContain(secret);
  });

  test('asks no more than it needs: once for the role, once for a login', async () => {
    const before = aws.calls.length;

    const reply = await service.post(CHECKS, form());

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(aws.calls.slice(before)).toEqual(CALLS);
  });

  test('makes one login for a thousand hand-outs at once', async () => {
    const { json } = await service.post(`${CREDENTIALS}?check=skip`, { name: 'Role for many', ...form() });
    const before = aws.calls.length;

    const replies = await Promise.all(Array.from({ length: 1000 }, () => service.post(`${CREDENTIALS}/${json.id}/login`)));

    expect(new Set(replies.map(({ json }) => json.value.password)).size).toBe(1);
    expect(aws.calls.slice(before)).toEqual(CALLS);
  });

  test('hands out the login that is kept while STS is down', async () => {
    const { json } = await service.post(`${CREDENTIALS}?check=skip`, { name: 'Role kept', ...form() });
    const first = await service.post(`${CREDENTIALS}/${json.id}/login`);

    aws.hosts.moods.set(HOSTS.sts, oddities.status(500));
    const kept = await service.post(`${CREDENTIALS}/${json.id}/login`);
    const fresh = await service.post(`${CREDENTIALS}/${json.id}/login`, { fresh: true });

    expect(kept.json.value).toEqual(first.json.value);
    expect(fresh).toMatchObject({ status: 502, json: { code: 'REGISTRY_UNREACHABLE' } });
  });

  test('is understood by its role, and shown in the catalog with where the external id is', async () => {
    const { json } = await service.get('/api/providers/ecr');
    const { form } = json.methods.find(({ method }: { method: string }) => method === 'assume-role');

    expect(form.properties.roleArn.description).toContain('GET /api/projects/{project}');
  });

  test('warns of a role of another account than the registry', async () => {
    aws.addRole(FOREIGN, { trusts: [{ principal: OWN_ROLE, externalId }] });

    const reply = await service.post(CHECKS, form({ roleArn: FOREIGN }));

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toEqual(['OTHER_ACCOUNT']);
  });
});

describe('a change', () => {
  test('may name another role, which is checked before it is stored', async () => {
    aws.addRole(`${TEAM}/next`, { trusts: [{ principal: OWN_ROLE, externalId }] });
    const { json } = await service.post(CREDENTIALS, { name: 'Changing', ...form() });
    const patch = (roleArn: string) =>
      service.patch(`${CREDENTIALS}/${json.id}`, { roleArn }, { headers: { 'if-match': '"1"' } });

    expect(await patch(`${TEAM}/missing`)).toMatchObject({ status: 422, json: { code: 'CREDENTIAL_REJECTED' } });
    expect(await patch(`${TEAM}/next`)).toMatchObject({
      status: 200,
      json: {
        roleArn: `${TEAM}/next`,
        username: expect.stringContaining('assumed-role/next/'),
        status: { standing: 'accepted' },
      },
    });
  });

  test('of the address needs no secret, for there is none', async () => {
    const { json } = await service.post(`${CREDENTIALS}?check=skip`, { name: 'Moving', ...form() });
    const url = `${PLACE.account}.dkr.ecr.eu-central-1.amazonaws.com`;

    const reply = await service.patch(`${CREDENTIALS}/${json.id}?check=skip`, { url }, { headers: { 'if-match': '"1"' } });

    expect(reply).toMatchObject({ status: 200, json: { url, roleArn: ROLE } });
  });
});

describe('a role that does not trust regcred for this project', () => {
  test.for<[string, () => void]>([
    [
      'trusts it for another project',
      () => void aws.addRole(`${TEAM}/refusing`, { trusts: [{ principal: OWN_ROLE, externalId: 'regcred-of-another' }] }),
    ],
    [
      'trusts somebody else',
      () => void aws.addRole(`${TEAM}/refusing`, { trusts: [{ principal: 'arn:aws:iam::999999999999:root', externalId }] }),
    ],
    ['is not there', () => void aws.roles.delete(`${TEAM}/refusing`)],
  ])('because it %s is refused, with the statement to paste', async ([, arrange]) => {
    arrange();

    const reply = await service.post(CHECKS, form({ roleArn: `${TEAM}/refusing` }));
    const created = await service.post(CREDENTIALS, { name: 'Refused', ...form({ roleArn: `${TEAM}/refusing` }) });

    expect(outcomeOf(reply)).toEqual({ verdict: 'insufficient_permission', code: 'ROLE_NOT_ASSUMED' });
    const { hint } = reply.json.stages.find(({ outcome }: { outcome: string }) => outcome === 'failed');
    const statement = JSON.parse(/\{"Effect".*\}(?=\. )/.exec(hint)?.[0] ?? '');
    expect(statement).toEqual({
      Effect: 'Allow',
      Principal: { AWS: OWN_ROLE },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': externalId } },
    });
    expect(created).toMatchObject({ status: 422, json: { code: 'CREDENTIAL_REJECTED' } });
  });

  test('is taken once it has the statement of the hint', async () => {
    const roleArn = `${TEAM}/repaired`;
    aws.addRole(roleArn, { trusts: [] });
    const refused = await service.post(CHECKS, form({ roleArn }));
    const { Principal, Condition } = JSON.parse(/\{"Effect".*\}(?=\. )/.exec(refused.text.replaceAll('\\"', '"'))?.[0] ?? '');

    aws.addRole(roleArn, { trusts: [{ principal: Principal.AWS, externalId: Condition.StringEquals['sts:ExternalId'] }] });

    expect(outcomeOf(await service.post(CHECKS, form({ roleArn })))).toEqual({ verdict: 'valid' });
  });

  test('is not to be had by another project, which has an external id of its own', async () => {
    const reply = await service.post('/api/projects/other/checks', form(), { as: { project: 'other' } });

    expect(outcomeOf(reply)).toEqual({ verdict: 'insufficient_permission', code: 'ROLE_NOT_ASSUMED' });
    expect(reply.text).toContain(await externalIdOf(service, 'other'));
    expect(reply.text).not.toContain(externalId);
  });

  test('that trusts it and may not log in is told apart', async () => {
    aws.addRole(`${TEAM}/powerless`, { trusts: [{ principal: OWN_ROLE, externalId }], allowed: new Set() });

    const reply = await service.post(CHECKS, form({ roleArn: `${TEAM}/powerless` }));

    expect(outcomeOf(reply)).toEqual({ verdict: 'insufficient_permission', code: 'AWS_PERMISSION_MISSING' });
  });

  test('in a region that its account has switched off is told apart', async () => {
    const error = '<Error><Type>Sender</Type><Code>RegionDisabledException</Code><Message>No.</Message></Error>';
    const body = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${error}</ErrorResponse>`;
    aws.hosts.moods.set(HOSTS.sts, oddities.status(403, { 'content-type': 'text/xml' }, body));

    expect(outcomeOf(await service.post(CHECKS, form()))).toEqual({ verdict: 'misconfigured', code: 'REGION_DISABLED' });
  });

  test('names the user that regcred is, where it is one', async () => {
    aws.addKey('AKIAOWNKEYOFREGCRED2', { arn: 'arn:aws:iam::210987654321:user/regcred', account: '210987654321' });
    const environment = { AWS_ACCESS_KEY_ID: 'AKIAOWNKEYOFREGCRED2', AWS_SECRET_ACCESS_KEY: SECRET };
    await using byKey = await startWith({ environment });

    const reply = await byKey.post(CHECKS, form());

    expect(outcomeOf(reply)).toEqual({ verdict: 'insufficient_permission', code: 'ROLE_NOT_ASSUMED' });
    expect(reply.text).toContain('arn:aws:iam::210987654321:user/regcred');
    expect(reply.text + byKey.output()).not.toContain(SECRET);
  });
});

describe('what the project may not have regcred touch', () => {
  const blocked = { code: 'ADDRESS_BLOCKED', errors: [{ pointer: '/roleArn', code: 'UPSTREAM_NOT_ALLOWED' }] };

  test.for([`${TEAM}mate/pull`, `arn:aws:iam::${PLACE.account}:role/pull`, 'arn:aws:iam::999999999999:role/team/pull'])(
    'is refused before anybody is asked: %s',
    async (roleArn) => {
      const before = aws.hosts.requests.length;
      const { json } = await service.post(`${CREDENTIALS}?check=skip`, { name: `Beside ${roleArn}`, ...form() });
      const path = `${CREDENTIALS}/${json.id}`;
      const patch = (query: string) => service.patch(`${path}${query}`, { roleArn }, { headers: { 'if-match': '"1"' } });

      for (const reply of [
        await service.post(CHECKS, form({ roleArn })),
        await service.post(CREDENTIALS, { name: 'Elsewhere', ...form({ roleArn }) }),
        await service.post(`${CREDENTIALS}?check=skip`, { name: 'Elsewhere', ...form({ roleArn }) }),
        await patch(''),
        await patch('?check=skip'),
      ]) {
        expect(reply).toMatchObject({ status: 422, json: blocked });
      }
      expect(aws.hosts.requests.length).toBe(before);
      expect((await service.get(path)).json.roleArn).toBe(ROLE);
    },
  );

  test('is refused also where it was allowed when it was stored, and a login is kept', async () => {
    await using folder = await temporaryFolder();
    const first = await startWith({ data: folder.path });
    aws.addRole(`${TEAM}/kept`, { trusts: [{ principal: OWN_ROLE, externalId: await externalIdOf(first) }] });
    const { json } = await first.post(CREDENTIALS, { name: 'Kept', ...form({ roleArn: `${TEAM}/kept` }) });
    expect(await first.post(`${CREDENTIALS}/${json.id}/login`)).toMatchObject({ status: 200 });
    await first.stop();

    await using second = await startWith({ data: folder.path, projects: [{ ...PROJECTS[0], upstreams: [] }] });
    const handed = await second.post(`${CREDENTIALS}/${json.id}/login`);
    const checked = await second.post(`${CREDENTIALS}/${json.id}/check`);

    expect(handed).toMatchObject({ status: 422, json: blocked });
    expect(checked).toMatchObject({ status: 422, json: blocked });
    // What is no word about the login leaves its standing.
    expect((await second.get(`${CREDENTIALS}/${json.id}`)).json.status.standing).toBe('accepted');
  });
});

describe('without an identity of its own', () => {
  test.for<[string, Record<string, string>, () => void, string, string]>([
    ['it has none', {}, () => {}, 'AWS_IDENTITY_MISSING', 'misconfigured'],
    [
      'its own role does not trust it',
      { ...ENVIRONMENT, REGCRED_AWS_ROLE_ARN: `${OWN_ROLE}-2` },
      () => {},
      'AWS_ROLE_NOT_TRUSTING',
      'misconfigured',
    ],
    [
      'its key was deleted',
      { AWS_ACCESS_KEY_ID: 'AKIAGONEGONEGONEGONE', AWS_SECRET_ACCESS_KEY: SECRET },
      () => {},
      'OWN_KEY_REFUSED',
      'misconfigured',
    ],
    [
      'Entra ID is down',
      ENVIRONMENT,
      () => {
        microsoft.moods.set('login.microsoftonline.com', oddities.hangUp());
        onTestFinished(() => microsoft.moods.clear());
      },
      'ENTRA_DOWN',
      'unreachable',
    ],
  ])('regcred says so, and nothing of the role: %s', async ([, environment, arrange, code, verdict]) => {
    await using alone = await startWith({ environment });
    arrange();

    const reply = await alone.post(CHECKS, form());
    const stored = await alone.post(`${CREDENTIALS}?check=skip`, { name: 'Alone', ...form() });
    const handed = await alone.post(`${CREDENTIALS}/${stored.json.id}/login`);

    expect(outcomeOf(reply)).toEqual({ verdict, code });
    expect(handed.json).toMatchObject({ verdict, reason: code, hint: expect.stringMatching(/\w/) });
    expect(reply.text + handed.text + alone.output()).not.toMatch(new RegExp(`${SECRET.replaceAll('+', '.')}|eyJ|Q~a-client`));
  });
});

describe('a mistake in the form', () => {
  test.for<[string, object, string]>([
    ['no role', { method: 'assume-role', roleArn: undefined }, '/roleArn REQUIRED'],
    ['an empty role', { roleArn: '' }, '/roleArn ROLE_ARN'],
    ['a name alone', { roleArn: 'pull' }, '/roleArn ROLE_ARN'],
    ['the ARN of a user', { roleArn: 'arn:aws:iam::123456789012:user/ci' }, '/roleArn ROLE_ARN'],
    ['that of the root user', { roleArn: 'arn:aws:iam::123456789012:root' }, '/roleArn ROLE_ARN'],
    ['that of a session', { roleArn: 'arn:aws:sts::123456789012:assumed-role/pull/me' }, '/roleArn ROLE_ARN'],
    ['that of an instance profile', { roleArn: 'arn:aws:iam::123456789012:instance-profile/x' }, '/roleArn ROLE_ARN'],
    ['that of a repository', { roleArn: 'arn:aws:ecr:eu-west-1:123456789012:repository/app' }, '/roleArn ROLE_ARN'],
    ['an account of eleven digits', { roleArn: 'arn:aws:iam::12345678901:role/pull' }, '/roleArn ROLE_ARN'],
    ['all roles below a path', { roleArn: `${TEAM}/*` }, '/roleArn ROLE_ARN'],
    ['a path without a name', { roleArn: `${TEAM}/` }, '/roleArn ROLE_ARN'],
    ['a partition that is not there', { roleArn: 'arn:aws-moon:iam::123456789012:role/pull' }, '/roleArn ROLE_ARN'],
    ['a role in quotes', { roleArn: `"${ROLE}"` }, '/roleArn QUOTED'],
    ['a role with a space', { roleArn: ROLE.replace('/', '/ ') }, '/roleArn SPACES'],
    ['the id of an access key', { roleArn: 'AKIAIOSFODNN7EXAMPLE' }, '/roleArn WRONG_TOKEN'],
    ['a number', { roleArn: 7 }, '/roleArn WRONG_TYPE'],
    ['a role of China', { roleArn: 'arn:aws-cn:iam::123456789012:role/pull' }, '/roleArn OTHER_PARTITION'],
    [
      'a role of the public partition for GovCloud',
      { url: '123456789012.dkr.ecr.us-gov-west-1.amazonaws.com' },
      '/roleArn OTHER_PARTITION',
    ],
    ['an external id, which is never typed', { externalId: 'mine' }, '/externalId UNKNOWN_FIELD'],
    ['a secret, of which there is none', { secretAccessKey: SECRET }, '/secretAccessKey UNKNOWN_FIELD'],
  ])('is named by its field: %s', async ([, more, mistake]) => {
    const before = aws.hosts.requests.length;

    const reply = await service.post(CHECKS, form(more));

    expect(mistakesOf(reply)).toEqual([mistake]);
    expect(reply.json.errors[0].hint).toMatch(/\w/);
    expect(aws.hosts.requests.length).toBe(before);
  });
});
