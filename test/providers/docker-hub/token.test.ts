import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDockerHub, tokenId, type DockerHub } from '../../peers/docker-hub.ts';
import { at, oddities } from '../../peers/oddities.ts';
import type { Service } from '../../service.ts';
import { CHECKS, CREDENTIALS, dockerConfigOf, mistakesOf, outcomeOf, startServiceFor, warningCodes } from '../product-service.ts';

const KNOWN = 'dckr_pat_Known0Known0Known0Known0Kno';
const FIRST = 'dckr_pat_First0First0First0First0Fir';
const SECOND = 'dckr_pat_Second0Second0Second0Second';
const OFF = 'dckr_pat_Off00Off00Off00Off00Off00Of';
const OLD = 'a7a5ef25-8889-43a0-8cc7-f2a94268e861';
const PASSWORD = 'correct "horse" battery';
const ORGANIZATION_TOKEN = 'dckr_oat_Known0Known0Known0Known0Kno';
const FUTURE = '2998-05-01T18:30:19.520Z';

let hub: DockerHub;
let service: Service;
beforeAll(async () => {
  hub = await startDockerHub({
    acmeci: {
      password: PASSWORD,
      tokens: [
        { value: KNOWN, expiresAt: FUTURE, scopes: ['repo:read'] },
        { value: OFF, isActive: false },
      ],
      pullsLeft: 37,
    },
    many: { password: PASSWORD, tokens: [{ value: FIRST }, { value: SECOND, expiresAt: FUTURE }] },
    old: { password: PASSWORD, tokens: [{ value: OLD, scopes: ['repo:admin'] }] },
    reader: { password: PASSWORD, tokens: [{ value: KNOWN }], grants: { 'acme/app': ['pull'] } },
  });
  service = await startServiceFor(hub);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const form = (more: object = {}) => ({ url: 'docker.io', username: 'acmeci', password: KNOWN, ...more });

describe('docker-hub/token', () => {
  test('stores a token with its end and its id, and hands it out under the key that docker looks up', async () => {
    const reply = await service.post(CREDENTIALS, { name: 'Hub', ...form() });

    expect(reply).toMatchObject({
      status: 201,
      json: {
        provider: 'docker-hub',
        method: 'token',
        url: 'docker.io',
        username: 'acmeci',
        active: { expiresAt: FUTURE, upstreamId: tokenId(KNOWN) },
        status: { standing: 'accepted' },
      },
    });
    expect(reply.text).not.toContain(KNOWN);
    expect(await dockerConfigOf(service, form())).toEqual({
      'https://index.docker.io/v1/': { username: 'acmeci', password: KNOWN },
    });
  });

  test.for([
    ['docker.io', 'docker.io'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['registry-1.docker.io', 'docker.io'],
    ['Registry.Hub.Docker.com/', 'docker.io'],
    ['https://hub.docker.com/r/acme/app', 'docker.io/acme/app'],
    ['https://hub.docker.com/repository/docker/acme/app', 'docker.io/acme/app'],
    ['docker.io/acme', 'docker.io/acme'],
  ])('takes %s for %s', async ([url, canonical]) => {
    const reply = await service.post(`${CREDENTIALS}?check=skip`, { name: `Hub at ${url}`, ...form({ url }) });

    expect(reply).toMatchObject({ status: 201, json: { provider: 'docker-hub', url: canonical } });
  });

  test.for(['docker hub', 'Docker_Hub', 'dockerhub', 'docker'])('needs no address for the provider "%s"', async (provider) => {
    const body = { provider, username: 'acmeci', password: KNOWN };

    expect(await service.post(CHECKS, body)).toMatchObject({ status: 200, json: { verdict: 'valid' } });
  });

  test('shows how many pulls are left, without counting one', async () => {
    const reply = await service.post(CHECKS, form());

    expect(reply.json.warnings).toContainEqual(
      expect.objectContaining({ code: 'PULLS_LEFT', detail: '37 pulls are left of the 40 that this account has in 1 h.' }),
    );
    expect(hub.requests.filter(({ method, path }) => path.includes('/manifests/') && method !== 'HEAD')).toEqual([]);
  });

  test.for<[string, object, string[]]>([
    [
      'a paid account has no limit; of two tokens that may be it, neither is guessed',
      { username: 'many', password: SECOND },
      ['EXPIRY_UNKNOWN'],
    ],
    [
      'a token without an end, of the old shape, that may delete',
      { username: 'old', password: OLD },
      ['NEVER_EXPIRES', 'BROAD_SCOPES'],
    ],
    ["a person's password", { username: 'many', password: PASSWORD }, ['PERSONAL_PASSWORD']],
  ])('warns: %s', async ([, more, codes]) => {
    const reply = await service.post(CHECKS, form(more));

    expect(reply).toMatchObject({ status: 200, json: { verdict: 'valid' } });
    expect(warningCodes(reply)).toEqual(codes);
  });

  test('without the API, a right login is still right, but its end is not known', async () => {
    hub.moods.set('hub.docker.com', oddities.status(503));

    const reply = await service.post(CREDENTIALS, { name: 'Hub without API', ...form() });

    hub.moods.delete('hub.docker.com');
    expect(reply).toMatchObject({ status: 201, json: { status: { standing: 'accepted' } } });
    expect(reply.json.active.expiresAt).toBeNull();
    expect(warningCodes(reply)).toContain('HUB_API_DOWN');
  });

  test('without an answer about the limit, a right login is still right', async () => {
    hub.moods.set('registry-1.docker.io', at('/v2/ratelimitpreview/test/manifests/latest', oddities.throttle('60')));

    const reply = await service.post(CHECKS, form());

    hub.moods.delete('registry-1.docker.io');
    expect(reply.json.verdict).toBe('valid');
    expect(warningCodes(reply)).toEqual([]);
  });

  test.for([
    ['wrong', { password: KNOWN.replace('Known', 'Wrong') }],
    ['switched off', { password: OFF }],
    ["somebody else's", { username: 'many' }],
    ['of nobody', { username: 'nobody' }],
  ] as const)('refuses a login that is %s, and the registry never sees it', async ([, more]) => {
    const before = hub.requests.length;

    const reply = await service.post(CREDENTIALS, { name: 'Refused', ...form(more) });

    expect(reply).toMatchObject({ status: 422, json: { code: 'CREDENTIAL_REJECTED', verdict: 'invalid_credentials' } });
    const sent = hub.requests.slice(before).filter(({ authorization }) => authorization);
    expect(sent).toEqual([]);
  });

  test('knows what a login may do in a repository', async () => {
    const repositories = [{ name: 'acme/app', actions: ['pull', 'push'] }];

    const reply = await service.post(CHECKS, form({ username: 'reader', repositories }));

    expect(reply.json).toMatchObject({ verdict: 'valid', capabilities: [{ repository: 'acme/app', pull: 'yes', push: 'no' }] });
  });

  test.for<[string, object, string, string]>([
    ['no user name', { username: undefined }, '/username', 'REQUIRED'],
    ['no password', { password: undefined }, '/password', 'REQUIRED'],
    ['an empty password', { password: '' }, '/password', 'TOO_SMALL'],
    ['user name and password in one', { username: 'acmeci:secret' }, '/username', 'COLON'],
    ['a line break', { password: `${KNOWN}\n` }, '/password', 'SPACES'],
    ['quotes', { password: `"${KNOWN}"` }, '/password', 'QUOTED'],
    ['a space', { password: `${KNOWN} ` }, '/password', 'SPACES'],
    ['a token of GitHub', { password: `ghp_${'a'.repeat(36)}` }, '/password', 'WRONG_TOKEN'],
    ['a token of GitLab', { password: `glpat-${'a'.repeat(20)}` }, '/password', 'WRONG_TOKEN'],
    ['a key id of AWS', { password: `AKIA${'A'.repeat(16)}` }, '/password', 'WRONG_TOKEN'],
    ['a private key', { password: '-----BEGIN RSA PRIVATE KEY-----' }, '/password', 'WRONG_TOKEN'],
    ['an organization token', { method: 'token', password: ORGANIZATION_TOKEN }, '/password', 'OTHER_METHOD'],
    ['another registry', { provider: 'docker-hub', url: 'registry.example.com' }, '/url', 'OTHER_REGISTRY'],
  ])('refuses %s', async ([, more, pointer, code]) => {
    const before = hub.requests.length;

    const reply = await service.post(CREDENTIALS, { name: 'Mistake', ...form(more) });

    expect(mistakesOf(reply)).toContain(`${pointer} ${code}`);
    expect(reply.text).not.toMatch(/dckr_|ghp_|glpat|AKIA/);
    expect(hub.requests.length).toBe(before);
  });

  test('says that an address is of another product', async () => {
    expect(await service.post(CHECKS, form({ provider: 'ghcr' }))).toMatchObject({
      status: 400,
      json: { errors: [{ pointer: '/provider', code: 'CONTRADICTION' }] },
    });
  });

  test('sends nothing to a token service that only resembles its own', async () => {
    const challenge = 'Bearer realm="https://auth.docker.io/elsewhere",service="registry.docker.io"';
    hub.moods.set('registry-1.docker.io', oddities.challenge(challenge));
    const before = hub.requests.length;

    const reply = await service.post(CHECKS, form());

    hub.moods.delete('registry-1.docker.io');
    expect(outcomeOf(reply)).toMatchObject({ verdict: 'blocked_by_policy', code: 'REALM_NOT_TRUSTED' });
    expect(hub.requests.slice(before).map(({ host }) => host)).toEqual(['registry-1.docker.io']);
  });
});
