import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGitlab, type Gitlab } from '../../peers/gitlab.ts';
import { at, oddities } from '../../peers/oddities.ts';
import type { Service } from '../../service.ts';
import { CHECKS, CREDENTIALS, dockerConfigOf, mistakesOf, outcomeOf, startServiceFor, warningCodes } from '../product-service.ts';

const NARROW = 'glpat-Narrow0Narrow0Narrow0';
const BROAD = 'glpat-Broad00Broad00Broad00';
const REVOKED = 'glpat-Revoked0Revoked0Revok';
const DEPLOY = 'gldt-Deploy00Deploy00Deploy';
const OLD_DEPLOY = 'Old0Deploy0Old0Deploy0';
const CUSTOM = 'acme-Custom00Custom00Custom';

let hosted: Gitlab;
let own: Gitlab;
let service: Service;
beforeAll(async () => {
  const tokens = {
    [NARROW]: { id: 101, scopes: ['read_registry'], expiresOn: '2998-05-01' },
    [BROAD]: { id: 102, scopes: ['api', 'write_registry'] },
    [REVOKED]: { id: 103, scopes: ['read_registry'], isRevoked: true },
    [DEPLOY]: { id: 104, scopes: ['read_registry'], username: 'gitlab+deploy-token-104' },
    [OLD_DEPLOY]: { id: 105, scopes: ['read_registry'], username: 'puller' },
    [CUSTOM]: { id: 106, scopes: ['read_registry'], expiresOn: '2998-05-01' },
  };
  hosted = await startGitlab({ tokens, repositories: ['group/app'] });
  own = await startGitlab({
    tokens,
    site: 'gitlab.example.com',
    registry: 'registry.example.com',
    hidesFromRegistryTokens: true,
  });
  service = await startServiceFor(hosted, own);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await hosted[Symbol.asyncDispose]();
  await own[Symbol.asyncDispose]();
});

const form = (more: object = {}) => ({ url: 'registry.gitlab.com', username: 'ci', token: NARROW, ...more });

const self = (more: object = {}) => form({ provider: 'gitlab', url: 'registry.example.com', ...more });

describe('gitlab/token', () => {
  test('stores a token with its end and its id', async () => {
    const reply = await service.post(CREDENTIALS, { name: 'GitLab', ...form() });

    expect(reply).toMatchObject({
      status: 201,
      json: {
        provider: 'gitlab',
        method: 'token',
        active: { expiresAt: '2998-05-01T00:00:00.000Z', upstreamId: '101' },
        status: { standing: 'accepted' },
      },
    });
    expect(reply.text).not.toContain(NARROW);
  });

  test.for([
    ['a user name and a password', { url: 'registry.gitlab.com', username: 'ci', password: NARROW }],
    ['the page of a project', { url: 'https://gitlab.com/Group/App', username: 'ci', password: NARROW }],
    ['another name of the provider', { provider: 'GitLab.com', url: 'registry.gitlab.com', username: 'ci', token: NARROW }],
  ] as const)('understands %s', async ([, body]) => {
    const reply = await service.post(CHECKS, body);

    expect(reply).toMatchObject({ status: 200, json: { verdict: 'valid' } });
  });

  test('takes a page of a project for its place in the registry', async () => {
    const reply = await service.post(`${CREDENTIALS}?check=skip`, {
      name: 'page',
      ...form({ url: 'https://gitlab.com/Group/App/' }),
    });

    expect(reply.json).toMatchObject({ url: 'registry.gitlab.com/group/app' });
  });

  test('warns of a token that never ends and may do more', async () => {
    const reply = await service.post(CHECKS, form({ token: BROAD }));

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toEqual(['NEVER_EXPIRES', 'BROAD_SCOPES']);
  });

  test.for([
    ['a revoked token', { token: REVOKED }, 'GITLAB_TOKEN_REVOKED'],
    ['an unknown token', { token: 'glpat-Unknown0Unknown0Unkno' }, 'GITLAB_TOKEN_UNKNOWN'],
    ['a deploy token under another name', { token: DEPLOY }, 'LOGIN_REFUSED'],
    ['a password that is wrong', { token: 'correct horse battery' }, 'LOGIN_REFUSED'],
  ] as const)('refuses %s', async ([, more, code]) => {
    const reply = await service.post(CHECKS, form(more));

    expect(outcomeOf(reply)).toEqual({ verdict: 'invalid_credentials', code });
  });

  test.for([
    ['a deploy token', { username: 'gitlab+deploy-token-104', token: DEPLOY }],
    ['a deploy token that has no prefix', { username: 'puller', token: OLD_DEPLOY }],
  ] as const)('says of %s that its end is not known', async ([, more]) => {
    const reply = await service.post(CHECKS, form(more));

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toEqual(['EXPIRY_UNKNOWN']);
  });

  test('asks the API nothing about a deploy token', async () => {
    const before = hosted.requests.length;

    await service.post(CHECKS, form({ username: 'gitlab+deploy-token-104', token: DEPLOY }));

    expect(hosted.requests.slice(before).filter(({ path }) => path.startsWith('/api/'))).toEqual([]);
  });

  test.for([
    ['is out of order', oddities.status(500)],
    ['asks to slow down', oddities.throttle('30')],
    ['answers with a web page', oddities.html()],
    ['answers what is no JSON', oddities.status(200, {}, '{"id": 1')],
    ['redirects', oddities.redirect('https://elsewhere.example/')],
    ['answers too much', oddities.hugeBody(1024 * 1024)],
  ] as const)('accepts a token that is right also while the API alone %s', async ([, odd]) => {
    hosted.moods.set('gitlab.com', at('/api/v4/personal_access_tokens/self', odd));

    const reply = await service.post(CHECKS, form());

    hosted.moods.clear();
    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toEqual(['GITLAB_API_DOWN']);
  });

  test('tells what it may do in a repository, and ends the upload that it began', async () => {
    const repositories = [{ name: 'group/app', actions: ['pull', 'push', 'delete'] }];

    const broad = await service.post(CREDENTIALS, { name: 'broad', ...form({ token: BROAD }) });
    const reply = await service.post(`${CREDENTIALS}/${broad.json.id}/check`, { repositories });

    expect(reply.json.capabilities).toMatchObject([{ repository: 'group/app', pull: 'yes', push: 'yes', delete: 'yes' }]);
    expect(hosted.uploads.size).toBe(0);
  });

  test('hands out a docker config for the registry', async () => {
    const config = await dockerConfigOf(service, form({ url: 'https://REGISTRY.gitlab.com/group/app' }));

    expect(config).toEqual({ 'registry.gitlab.com': { username: 'ci', password: NARROW } });
  });

  test('refuses a provider that contradicts the address', async () => {
    expect(mistakesOf(await service.post(CHECKS, form({ provider: 'docker-hub', url: 'registry.gitlab.com' })))).toEqual([
      '/provider CONTRADICTION',
    ]);
  });
});

describe('gitlab/token of a GitLab of its own', () => {
  test('sends the login to the token service of the GitLab that is named', async () => {
    const reply = await service.post(CHECKS, self({ gitlabUrl: 'gitlab.example.com/' }));

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    // Here, only tokens for the API may ask about themselves.
    expect(warningCodes(reply)).toEqual(['EXPIRY_UNKNOWN']);
  });

  test('knows a token with a prefix of its own by what the API says', async () => {
    const url = { url: 'registry.gitlab.com', gitlabUrl: 'https://gitlab.com' };
    const reply = await service.post(CREDENTIALS, { name: 'custom', ...form({ ...url, token: CUSTOM }) });

    expect(reply.json.active).toMatchObject({ upstreamId: '106' });
  });

  test('sends no login anywhere while GitLab is not named', async () => {
    const before = own.requests.length;

    const reply = await service.post(CHECKS, self());

    expect(outcomeOf(reply)).toEqual({ verdict: 'blocked_by_policy', code: 'REALM_NOT_TRUSTED' });
    expect(own.requests.slice(before).map(({ path }) => path)).toEqual(['/v2/']);
  });

  test('takes the token service that the credential names, and says that GitLab was not asked', async () => {
    const reply = await service.post(CHECKS, self({ tokenRealm: 'https://gitlab.example.com/jwt/auth' }));

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toEqual(['GITLAB_URL_MISSING']);
  });

  test('trusts no other path of the GitLab that is named', async () => {
    own.moods.set('registry.example.com', oddities.challenge('Bearer realm="https://gitlab.example.com/other",service="r"'));

    const reply = await service.post(CHECKS, self({ gitlabUrl: 'https://gitlab.example.com' }));

    expect(outcomeOf(reply)).toEqual({ verdict: 'blocked_by_policy', code: 'REALM_NOT_TRUSTED' });
    own.moods.clear();
  });

  test('asks for the token again before it goes to another GitLab', async () => {
    const created = await service.post(`${CREDENTIALS}?check=skip`, {
      name: 'bound',
      ...self({ gitlabUrl: 'gitlab.example.com' }),
    });
    const headers = { 'if-match': created.headers.get('etag') ?? '' };

    const reply = await service.patch(
      `${CREDENTIALS}/${created.json.id}`,
      { gitlabUrl: 'https://gitlab.evil.example' },
      { headers },
    );

    expect(reply).toMatchObject({ status: 422, json: { code: 'MATERIAL_REQUIRED' } });
  });
});

describe('a mistake in the form of gitlab/token', () => {
  test.for<[string, object, string]>([
    ['no token', { token: undefined }, '/token REQUIRED'],
    ['no user name', { username: undefined }, '/username REQUIRED'],
    ['a user name with a password', { username: 'ci:secret' }, '/username COLON'],
    ['a token in quotes', { token: `"${NARROW}"` }, '/token QUOTED'],
    ['a token with a space', { token: `${NARROW} ` }, '/token SPACES'],
    ['a token with a line break', { token: `${NARROW}\n` }, '/token SPACES'],
    ['a token with its header', { token: `Bearer ${NARROW}` }, '/token HEADER'],
    ['a token of GitHub', { token: 'ghp_Example0Example0Example0Example0Exam' }, '/token WRONG_TOKEN'],
    ['a reference token of Artifactory', { token: 'cmVmdGtuExample0Example0Example0Example0' }, '/token WRONG_TOKEN'],
    ['the id of a key of AWS', { token: 'AKIAIOSFODNN7EXAMPLE' }, '/token WRONG_TOKEN'],
    ['a token of a CI job', { token: 'glcbt-64_Example0Example0Exa' }, '/token WRONG_TOKEN'],
    ['an address without https', { gitlabUrl: 'http://gitlab.com' }, '/gitlabUrl SCHEME'],
    ['an address with a login', { gitlabUrl: 'https://a:b@gitlab.com' }, '/gitlabUrl USER_INFO'],
  ])('is named: %s', async ([, more, mistake]) => {
    const reply = await service.post(CHECKS, form(more));

    expect(mistakesOf(reply)).toContain(mistake);
    expect(reply.text).not.toContain(NARROW);
  });

  test('is named as the form called the field', async () => {
    const reply = await service.post(CHECKS, {
      url: 'registry.gitlab.com',
      username: 'ci',
      password: 'dckr_pat_Example0Example0Exa',
    });

    expect(mistakesOf(reply)).toEqual(['/password WRONG_TOKEN']);
  });
});

test.for([
  ['registry.gitlab.com', 'gitlab'],
  ['gitlab.com', 'gitlab'],
  ['registry.gitlab.com.example.com', 'generic'],
  ['xregistry.gitlab.com', 'generic'],
  ['pages.gitlab.com', 'generic'],
] as const)('%s is one of %s', async ([url, provider]) => {
  const reply = await service.post(`${CREDENTIALS}?check=skip`, {
    name: `host ${url}`,
    url,
    username: 'ci',
    password: 'correct-horse',
  });

  expect(reply).toMatchObject({ status: 201, json: { provider } });
});
