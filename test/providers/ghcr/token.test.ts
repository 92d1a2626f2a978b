import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGitHub, type GitHub } from '../../peers/github.ts';
import { oddities } from '../../peers/oddities.ts';
import type { Service } from '../../service.ts';
import { CHECKS, CREDENTIALS, dockerConfigOf, mistakesOf, outcomeOf, startServiceFor, warningCodes } from '../product-service.ts';

const READER = 'ghp_Reader0Reader0Reader0Reader0Reader0';
const WRITER = 'ghp_Writer0Writer0Writer0Writer0Writer0';
const ZONED = 'ghp_Zoned00Zoned00Zoned00Zoned00Zoned00';
const SOON = 'ghp_Soon000Soon000Soon000Soon000Soon000';
const BROAD = 'ghp_Broad00Broad00Broad00Broad00Broad00';
const NO_SCOPE = 'ghp_NoScopeNoScopeNoScopeNoScopeNoScope';
const UNAPPROVED = 'ghp_Unappr0Unappr0Unappr0Unappr0Unappr0';
const EXPIRED = 'ghp_Expired0Expired0Expired0Expired0Exp';
const SPENT = 'ghp_Spent00Spent00Spent00Spent00Spent00';
const INSTALLATION = 'ghs_123456_eyJhbGciOiJSUzI1NiJ9.Job0Job0Job0';

const FUTURE = '2998-12-31 23:59:59 UTC';

let github: GitHub;
let service: Service;
beforeAll(async () => {
  const inTenDays = new Date(Date.now() + 10 * 86_400_000).toISOString().replace('T', ' ').replace(/\..*/, ' UTC');
  const user = { login: 'acme-ci', scopes: ['read:packages'], expiration: FUTURE };
  github = await startGitHub({
    tokens: {
      [READER]: user,
      [WRITER]: { ...user, scopes: ['repo', 'write:packages'] },
      [ZONED]: { ...user, expiration: '2998-12-31 18:59:59 -0500' },
      [SOON]: { ...user, expiration: inTenDays },
      [BROAD]: { login: 'acme-ci', scopes: ['admin:org', 'delete:packages', 'write:packages'] },
      [NO_SCOPE]: { ...user, scopes: ['repo'] },
      [UNAPPROVED]: { ...user, unapproved: ['acme'] },
      [EXPIRED]: { ...user, isExpired: true },
      [SPENT]: { ...user, isThrottled: true },
      [INSTALLATION]: { scopes: ['read:packages'] },
    },
  });
  service = await startServiceFor(github);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await github[Symbol.asyncDispose]();
});

const form = (more: object = {}) => ({ url: 'ghcr.io', username: 'acme-ci', token: READER, ...more });

/** What a check with this address asks, in order. */
async function asked(url: string): Promise<string[]> {
  const before = github.requests.length;
  await service.post(CHECKS, form({ url }));
  return github.requests.slice(before).map(({ host, path }) => `${host}${path.split('?')[0]}`);
}

describe('ghcr/token', () => {
  test('learns the end of one that was stored unchecked, without disturbing whoever edits it', async () => {
    const made = await service.post(`${CREDENTIALS}?check=skip`, { name: 'Unchecked', ...form({ token: SOON }) });
    const path = `${CREDENTIALS}/${made.json.id}`;

    await service.post(`${path}/check`);
    const learned = await service.get(path);
    const listed = await service.get(`${CREDENTIALS}?expiresBefore=${new Date(Date.now() + 20 * 86_400_000).toISOString()}`);

    expect(made.json.active.expiresAt).toBeNull();
    expect(learned.json.active.expiresAt).toMatch(/^20/);
    expect(learned.json.warnings.map(({ code }: { code: string }) => code)).toContain('EXPIRES_SOON');
    expect(learned.headers.get('etag')).toBe(made.headers.get('etag'));
    expect(listed.json.value.map(({ id }: { id: string }) => id)).toContain(made.json.id);
  });

  test('stores a token with its end', async () => {
    const reply = await service.post(CREDENTIALS, { name: 'GHCR', ...form({ url: 'https://GHCR.io/Acme/' }) });

    expect(reply).toMatchObject({
      status: 201,
      json: {
        provider: 'ghcr',
        method: 'token',
        url: 'ghcr.io/acme',
        username: 'acme-ci',
        active: { expiresAt: '2998-12-31T23:59:59.000Z' },
        status: { standing: 'accepted' },
      },
    });
    expect(reply.text).not.toContain(READER);
  });

  test('reads both ways in which GitHub writes an end', async () => {
    const reply = await service.post(CREDENTIALS, { name: 'GHCR, zoned', ...form({ token: ZONED }) });

    expect(reply.json.active.expiresAt).toBe('2998-12-31T23:59:59.000Z');
  });

  test.for([
    ['a user name and a password', { url: 'ghcr.io', username: 'acme-ci', password: READER }, 'acme-ci'],
    ['a token alone', { provider: 'github', token: READER }, 'acme-ci'],
    ['a name that is not the owner of the token', { url: 'ghcr.io', username: 'robot', token: READER }, 'robot'],
  ] as const)('understands %s', async ([title, body, username]) => {
    const reply = await service.post(CREDENTIALS, { name: `GHCR by ${title}`, ...body });

    expect(reply).toMatchObject({ status: 201, json: { provider: 'ghcr', method: 'token', username } });
  });

  test.for([
    ['of a user', form(), 'acme-ci', READER],
    ['without a name', { provider: 'ghcr', token: READER }, 'x-access-token', READER],
    ['of an installation, whatever name was given', form({ token: INSTALLATION }), 'x-access-token', INSTALLATION],
  ] as const)('hands out a token %s', async ([, body, username, password]) => {
    expect(await dockerConfigOf(service, body)).toEqual({ 'ghcr.io': { username, password } });
  });

  test.for<[string, object, string[]]>([
    ['nothing of a token that may read and will end', {}, []],
    ['nothing of one that may write', { token: WRITER }, []],
    ['one that ends soon', { token: SOON }, ['EXPIRES_SOON']],
    ['one that never ends and may do more', { token: BROAD }, ['NEVER_EXPIRES', 'BROAD_SCOPES']],
    ['one of an installation', { token: INSTALLATION }, ['SHORT_LIVED']],
  ])('warns of %s', async ([, more, codes]) => {
    const reply = await service.post(CHECKS, form(more));

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toEqual(codes);
  });

  test.for<[string, object, string, string]>([
    ['is wrong', { token: READER.replace('Reader0', 'Wrong00') }, 'invalid_credentials', 'LOGIN_REFUSED'],
    ['has ended', { token: EXPIRED }, 'invalid_credentials', 'LOGIN_REFUSED'],
    ['lacks the scope', { token: NO_SCOPE }, 'insufficient_permission', 'MISSING_SCOPE'],
    [
      'is not approved for single sign-on',
      { token: UNAPPROVED, url: 'ghcr.io/acme' },
      'insufficient_permission',
      'SSO_NOT_APPROVED',
    ],
    ['is wrong and of an installation', { token: `${INSTALLATION}0` }, 'invalid_credentials', 'LOGIN_REFUSED'],
  ])('refuses a token that %s, and the registry never sees it', async ([, more, verdict, code]) => {
    const before = github.requests.length;

    const reply = await service.post(CHECKS, form(more));

    expect(outcomeOf(reply)).toEqual({ verdict, code });
    const sent = github.requests.slice(before).filter(({ host, authorization }) => host === 'ghcr.io' && authorization);
    expect(sent).toEqual([]);
  });

  test('does not take a spent quota for a wrong token', async () => {
    const reply = await service.post(CREDENTIALS, { name: 'Spent', ...form({ token: SPENT }) });

    expect(reply).toMatchObject({ status: 503, json: { code: 'REGISTRY_THROTTLED', verdict: 'rate_limited' } });
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(60);
  });

  test('does not take a closed door for a wrong token', async () => {
    github.moods.set('api.github.com', oddities.status(403, {}, '{"message":"IP allow list"}'));

    const reply = await service.post(CHECKS, form());

    github.moods.clear();
    expect(outcomeOf(reply)).toMatchObject({ verdict: 'unreachable' });
  });

  test('asks an organization only where the address names one, and GitHub no more than it must', async () => {
    expect(await asked('ghcr.io/acme-ci')).toEqual(['ghcr.io/v2/', 'api.github.com/user', 'ghcr.io/token', 'ghcr.io/v2/']);
    expect(await asked('ghcr.io/acme/app')).toContain('api.github.com/orgs/acme/packages');
  });

  test('knows what a token may do in a repository, and leaves an upload behind that lapses', async () => {
    const repositories = [{ name: 'acme/app', actions: ['pull', 'push'] }];

    const reader = await service.post(CHECKS, form({ repositories }));
    expect(reader.json).toMatchObject({ verdict: 'valid', capabilities: [{ pull: 'yes', push: 'no' }] });
    expect(github.uploads.size).toBe(0);

    const writer = await service.post(CHECKS, form({ token: WRITER, repositories }));
    expect(writer.json).toMatchObject({ verdict: 'valid', capabilities: [{ pull: 'yes', push: 'yes' }] });
    expect(github.uploads.size).toBe(1);
  });

  test.for<[string, object, string]>([
    ['no token', { token: undefined }, '/token REQUIRED'],
    ['an empty token', { token: '' }, '/token TOO_SMALL'],
    ['a line break', { token: `${READER}\n` }, '/token SPACES'],
    ['quotes', { token: `'${READER}'` }, '/token QUOTED'],
    ['a header', { token: `Bearer ${READER}` }, '/token HEADER'],
    ['a space', { token: ` ${READER}` }, '/token SPACES'],
    ['a fine-grained token', { token: `github_pat_${'a'.repeat(40)}` }, '/token FINE_GRAINED_TOKEN'],
    ['a refresh token', { token: `ghr_${'a'.repeat(36)}` }, '/token WRONG_TOKEN'],
    ['a token of Docker Hub', { token: `dckr_pat_${'a'.repeat(27)}` }, '/token WRONG_TOKEN'],
    ['a key id of AWS', { token: `AKIA${'A'.repeat(16)}` }, '/token WRONG_TOKEN'],
    ['a mistake by the name that was given', { token: undefined, password: `"${READER}"` }, '/password QUOTED'],
    ['a user name with a colon', { username: 'acme:ci' }, '/username COLON'],
    ['the old registry', { url: 'docker.pkg.github.com/acme/app' }, '/url LEGACY_REGISTRY'],
    ['another registry', { provider: 'ghcr', url: 'registry.example.com' }, '/url OTHER_REGISTRY'],
  ])('refuses %s', async ([, more, mistake]) => {
    const before = github.requests.length;

    const reply = await service.post(CREDENTIALS, { name: 'Mistake', ...form(more) });

    expect(mistakesOf(reply)).toContain(mistake);
    expect(reply.text).not.toMatch(/ghp_|ghr_|github_pat|dckr_|AKIA/);
    expect(github.requests.length).toBe(before);
  });

  test.for(['ghcr.io', 'containers.acme.ghe.com', 'ghcr.io/acme/app'])('knows %s as its own', async (url) => {
    const reply = await service.post(`${CREDENTIALS}?check=skip`, { name: `At ${url}`, ...form({ url }) });

    expect(reply).toMatchObject({ status: 201, json: { provider: 'ghcr', url } });
  });

  test.for(['ghcr.io.evil.example', 'containers.ghe.com.evil.example', 'xghcr.io', 'a.containers.acme.ghe.com'])(
    'does not know %s',
    async (url) => {
      const body = { name: `At ${url}`, url, username: 'ci', password: 'right-password' };

      expect((await service.post(`${CREDENTIALS}?check=skip`, body)).json.provider).toBe('generic');
    },
  );
});
