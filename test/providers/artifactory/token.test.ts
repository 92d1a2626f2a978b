import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessToken, startArtifactory } from '../../peers/artifactory.ts';
import type { NamedHosts } from '../../peers/named-hosts.ts';
import { at, oddities } from '../../peers/oddities.ts';
import type { Service } from '../../service.ts';
import { CHECKS, CREDENTIALS, dockerConfigOf, mistakesOf, outcomeOf, startServiceFor, warningCodes } from '../product-service.ts';

/** 1 May 2998, in seconds. */
const FAR = Date.UTC(2998, 4, 1) / 1000;
const END = '2998-05-01T00:00:00.000Z';
const REFERENCE = 'cmVmdGtuRight0Right0Right0Right0Right0Right0Right0Right0Right0Ri';
const ADMIN = 'cmVmdGtuAdmin0Admin0Admin0Admin0Admin0Admin0Admin0Admin0Admin0Ad';
const REVOKED = 'cmVmdGtuGone00Gone00Gone00Gone00Gone00Gone00Gone00Gone00Gone00Go';
const ACCESS = accessToken('ci', FAR);
const PASSWORD = 'right password';
const API_KEY = 'AKCp8Example0Example0Example0Example0';

const TOKENS = {
  [REFERENCE]: { id: 'token-1', username: 'ci', expiresAt: FAR },
  [ADMIN]: { id: 'token-2', username: 'ci', scope: 'applied-permissions/admin' },
  [REVOKED]: { id: 'token-3', username: 'ci', isRevoked: true },
  [ACCESS]: { id: 'token-4', username: 'ci', expiresAt: FAR },
};

let cloud: NamedHosts;
let bySubdomain: NamedHosts;
let old: NamedHosts;
let open: NamedHosts;
let service: Service;
beforeAll(async () => {
  const users = { ci: PASSWORD, legacy: API_KEY };
  cloud = await startArtifactory({ tokens: TOKENS, users });
  bySubdomain = await startArtifactory({
    tokens: TOKENS,
    registry: 'docker.example.com',
    site: 'art.example.com',
    auth: 'basic',
  });
  old = await startArtifactory({ tokens: TOKENS, registry: 'old.example.com', isOld: true });
  open = await startArtifactory({ tokens: TOKENS, users, registry: 'open.example.com', hasAnonymousAccess: true });
  service = await startServiceFor(cloud, bySubdomain, old, open);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  for (const peer of [cloud, bySubdomain, old, open]) await peer[Symbol.asyncDispose]();
});

const form = (more: object = {}) => ({ url: 'acme.jfrog.io/docker-local', username: 'ci', token: REFERENCE, ...more });
const elsewhere = (url: string, more: object = {}) => form({ provider: 'artifactory', url, ...more });

describe('artifactory/token', () => {
  test.for([
    ['a reference token', REFERENCE, 'token-1'],
    ['an access token', ACCESS, 'token-4'],
  ] as const)('stores %s with its end and its id', async ([name, token, upstreamId]) => {
    const reply = await service.post(CREDENTIALS, { name, ...form({ token }) });

    expect(reply).toMatchObject({
      status: 201,
      json: {
        provider: 'artifactory',
        method: 'token',
        active: { expiresAt: END, upstreamId },
        status: { standing: 'accepted' },
      },
    });
    expect(reply.text).not.toContain(token);
  });

  test.for([
    ['a user name and a password', { url: 'acme.jfrog.io', username: 'ci', password: REFERENCE }],
    ['another name of the provider', { provider: 'JFrog', url: 'acme.jfrog.io', username: 'ci', token: REFERENCE }],
  ] as const)('understands %s', async ([, body]) => {
    expect(outcomeOf(await service.post(CHECKS, body))).toEqual({ verdict: 'valid' });
  });

  test.for([
    ['https://acme.jfrog.io/artifactory/docker-local/', 'acme.jfrog.io/docker-local'],
    ['https://acme.jfrog.io/artifactory/api/docker/docker-local/v2', 'acme.jfrog.io/docker-local'],
    ['ACME.jfrog.io/artifactory', 'acme.jfrog.io'],
    ['acme.jfrog.io/artifactory-cache/base', 'acme.jfrog.io/artifactory-cache/base'],
    ['acme-docker.jfrog.io', 'acme-docker.jfrog.io'],
  ] as const)('takes %s for %s', async ([url, canonical]) => {
    const reply = await service.post(`${CREDENTIALS}?check=skip`, { name: url, ...form({ url }) });

    expect(reply).toMatchObject({ status: 201, json: { provider: 'artifactory', url: canonical } });
  });

  test.for([
    ['an admin token that never ends', { token: ADMIN }, ['NEVER_EXPIRES', 'ADMIN_TOKEN']],
    ['a password', { token: PASSWORD }, ['PERSONAL_PASSWORD']],
    ['an API key', { username: 'legacy', token: API_KEY }, ['API_KEY_DEPRECATED']],
  ] as const)('warns of %s', async ([, more, codes]) => {
    const reply = await service.post(CHECKS, form(more));

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toEqual(codes);
  });

  test.for([
    ['a revoked token', { token: REVOKED }],
    ['the token of another user', { username: 'somebody' }],
    ['a wrong password', { token: 'wrong password' }],
  ] as const)('refuses %s', async ([, more]) => {
    const reply = await service.post(CHECKS, form(more));

    expect(outcomeOf(reply)).toEqual({ verdict: 'invalid_credentials', code: 'LOGIN_REFUSED' });
  });

  test('sends an access token that has ended to nobody', async () => {
    const before = cloud.requests.length;

    const reply = await service.post(CHECKS, form({ token: accessToken('ci', 1_600_000_000) }));

    expect(outcomeOf(reply)).toEqual({ verdict: 'expired', code: 'ARTIFACTORY_TOKEN_EXPIRED' });
    expect(cloud.requests.slice(before).filter(({ authorization }) => authorization)).toEqual([]);
  });

  test.for([
    ['is out of order', oddities.status(500)],
    ['asks to slow down', oddities.throttle('30')],
    ['answers with a web page', oddities.html()],
    ['answers what is no JSON', oddities.status(200, {}, '{"token_id": "a')],
    ['wants another login', oddities.status(401)],
  ] as const)('accepts an access token that is right also while the API alone %s', async ([, odd]) => {
    cloud.moods.set('acme.jfrog.io', at('/access/api/v1/tokens/me', odd));

    const reply = await service.post(CHECKS, form({ token: ACCESS }));

    cloud.moods.clear();
    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toEqual(['ARTIFACTORY_API_DOWN']);
  });

  test('knows the end of an access token by itself', async () => {
    cloud.moods.set('acme.jfrog.io', at('/access/api/v1/tokens/me', oddities.status(500)));

    const reply = await service.post(CREDENTIALS, { name: 'by itself', ...form({ token: ACCESS }) });

    cloud.moods.clear();
    expect(reply.json.active).toMatchObject({ expiresAt: END });
  });

  test('hands out a docker config for the host alone', async () => {
    expect(await dockerConfigOf(service, form())).toEqual({ 'acme.jfrog.io': { username: 'ci', password: REFERENCE } });
  });

  test('trusts no other tenant of jfrog.io', async () => {
    const before = cloud.requests.length;
    cloud.moods.set('acme.jfrog.io', at('/v2/', oddities.challenge('Bearer realm="https://other.jfrog.io/v2/token"')));

    const reply = await service.post(CHECKS, form());

    cloud.moods.clear();
    expect(outcomeOf(reply)).toEqual({ verdict: 'blocked_by_policy', code: 'REALM_NOT_TRUSTED' });
    expect(cloud.requests.slice(before).filter(({ authorization }) => authorization)).toEqual([]);
  });
});

describe('artifactory/token of an Artifactory of its own', () => {
  test.for(['https://art.example.com', 'art.example.com/artifactory/'])('asks the API at %s', async (artifactoryUrl) => {
    const body = elsewhere('docker.example.com', { artifactoryUrl });

    const reply = await service.post(CREDENTIALS, { name: artifactoryUrl, ...body });

    expect(reply.json).toMatchObject({ active: { upstreamId: 'token-1' }, status: { standing: 'accepted' } });
  });

  test('says where the API is missed, and still proves the login', async () => {
    const reply = await service.post(CHECKS, elsewhere('docker.example.com'));

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toEqual(['ARTIFACTORY_URL_MISSING']);
  });

  test('says that an old version tells nothing', async () => {
    expect(warningCodes(await service.post(CHECKS, elsewhere('old.example.com')))).toEqual(['ARTIFACTORY_TOO_OLD']);
  });

  test.for([
    ['a token that the platform knows', REFERENCE, 'valid'],
    ['a password, right or wrong', PASSWORD, 'indeterminate'],
  ] as const)('where anybody enters, judges %s', async ([, token, verdict]) => {
    expect(outcomeOf(await service.post(CHECKS, elsewhere('open.example.com', { token })))).toMatchObject({ verdict });
  });
});

describe('a mistake in the form of artifactory/token', () => {
  test.for<[string, object, string]>([
    ['no token', { token: undefined }, '/token REQUIRED'],
    ['no user name', { username: undefined }, '/username REQUIRED'],
    ['a user name with a password', { username: 'ci:secret' }, '/username COLON'],
    ['a token in quotes', { token: `"${REFERENCE}"` }, '/token QUOTED'],
    ['a token with a space', { token: `${REFERENCE} ` }, '/token SPACES'],
    ['a token with a line break', { token: `${REFERENCE}\n` }, '/token SPACES'],
    ['a token with its header', { token: `Bearer ${ACCESS}` }, '/token HEADER'],
    ['a token of GitHub', { token: 'ghp_Example0Example0Example0Example0Exam' }, '/token WRONG_TOKEN'],
    ['the id of a key of AWS', { token: 'AKIAIOSFODNN7EXAMPLE' }, '/token WRONG_TOKEN'],
    ['a page of the web interface', { url: 'https://acme.jfrog.io/ui/packages' }, '/url WEB_PAGE'],
    ['an address without https', { artifactoryUrl: 'http://acme.jfrog.io' }, '/artifactoryUrl SCHEME'],
  ])('is named: %s', async ([, more, mistake]) => {
    const reply = await service.post(CHECKS, form({ method: 'token', ...more }));

    expect(mistakesOf(reply)).toContain(mistake);
    expect(reply.text).not.toContain(REFERENCE);
  });
});

test.for([
  ['jfrog.io', 'generic'],
  ['a.b.jfrog.io', 'generic'],
  ['acme.jfrog.io.example.com', 'generic'],
  ['acme-docker.jfrog.io', 'artifactory'],
] as const)('%s is one of %s', async ([url, provider]) => {
  const reply = await service.post(`${CREDENTIALS}?check=skip`, { name: `host ${url}`, url, username: 'ci', password: PASSWORD });

  expect(reply).toMatchObject({ status: 201, json: { provider } });
});
