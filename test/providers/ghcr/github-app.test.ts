import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGitHub, type GitHub } from '../../peers/github.ts';
import { oddities } from '../../peers/oddities.ts';
import type { Service } from '../../service.ts';
import { CHECKS, CREDENTIALS, mistakesOf, outcomeOf, startServiceFor, warningCodes } from '../product-service.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PKCS1 = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const PKCS8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const OTHER = generateKeyPairSync('rsa', { modulusLength: 2048 });
const SHORT = generateKeyPairSync('rsa', { modulusLength: 1024 });
const CURVE = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let github: GitHub;
let service: Service;
beforeAll(async () => {
  const permissions = { packages: 'write', metadata: 'read' } as const;
  github = await startGitHub({
    apps: {
      '123456': {
        publicKey,
        installations: {
          '1': { account: 'Acme', permissions },
          '2': { account: 'Acme', permissions: { packages: 'read' } },
          '3': { account: 'Acme', permissions, isSuspended: true },
          '4': { account: 'Acme', permissions: { ...permissions, contents: 'write' } },
        },
      },
    },
  });
  service = await startServiceFor(github);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await github[Symbol.asyncDispose]();
});

const form = (more: object = {}) => ({
  url: 'ghcr.io/acme',
  appId: '123456',
  installationId: '1',
  privateKey: PKCS1,
  ...more,
});

describe('ghcr/github-app', () => {
  test('stores an app, and hands out a login that ends within an hour and pulls', async () => {
    const reply = await service.post(CREDENTIALS, { name: 'App', ...form() });
    expect(reply).toMatchObject({
      status: 201,
      json: { method: 'github-app', appId: '123456', username: 'x-access-token', status: { standing: 'accepted' } },
    });

    const handed = await service.post(`${CREDENTIALS}/${reply.json.id}/login`);

    expect(handed).toMatchObject({
      status: 200,
      json: { value: { username: 'x-access-token', password: expect.stringMatching(/^ghs_/) }, scope: 'unrestricted' },
    });
    const minutes = (Date.parse(handed.json.expiresAt) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(50);
    expect(minutes).toBeLessThanOrEqual(60);
    expect(github.tokens[handed.json.value.password]?.scopes).toEqual(['read:packages']);
  });

  test('mints once for all who ask at the same time', async () => {
    const { json } = await service.post(`${CREDENTIALS}?check=skip`, { name: 'App, many', ...form() });
    const before = github.requests.length;

    const replies = await Promise.all(Array.from({ length: 20 }, () => service.post(`${CREDENTIALS}/${json.id}/login`)));

    expect(new Set(replies.map((reply) => reply.json.value.password)).size).toBe(1);
    expect(github.requests.slice(before).map(({ path }) => path)).toEqual(['/app/installations/1/access_tokens']);
  });

  test('mints logins that push where that is asked for', async () => {
    const repositories = [{ name: 'acme/app', actions: ['pull', 'push'] }];

    const pulling = await service.post(CHECKS, form({ repositories }));
    const pushing = await service.post(CHECKS, form({ repositories, packages: 'write' }));

    expect(pulling.json).toMatchObject({ verdict: 'valid', capabilities: [{ pull: 'yes', push: 'no' }] });
    expect(pushing.json).toMatchObject({ verdict: 'valid', capabilities: [{ pull: 'yes', push: 'yes' }] });
  });

  test.for([
    ['PKCS #1', PKCS1],
    ['PKCS #8', PKCS8],
    ['quotes', `"${PKCS1.trim()}"`],
    ['line breaks written out', PKCS1.replaceAll('\n', String.raw`\n`)],
    ['line breaks of Windows', PKCS1.replaceAll('\n', '\r\n')],
    ['spaces for line breaks', PKCS1.replaceAll('\n', ' ')],
    ['no white space at all', PKCS1.replaceAll(/\s/g, '')],
    ['base64', Buffer.from(PKCS1).toString('base64')],
    ['base64 in lines', Buffer.from(PKCS8).toString('base64').replaceAll(/.{76}/g, '$&\n')],
  ] as const)('puts a key right that was pasted with %s', async ([, key]) => {
    expect(outcomeOf(await service.post(CHECKS, form({ privateKey: key })))).toEqual({ verdict: 'valid' });
  });

  test.for<[string, object, string[]]>([
    ['nothing of an app for packages alone', {}, []],
    ['an app that may do more', { installationId: '4' }, ['BROAD_PERMISSIONS']],
    ['an installation at another owner', { url: 'ghcr.io/others' }, ['OTHER_OWNER']],
  ])('warns of %s', async ([, more, codes]) => {
    const reply = await service.post(CHECKS, form(more));

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toEqual(codes);
  });

  test.for<[string, object, string, string]>([
    ['the key of another app', { privateKey: pem(OTHER.privateKey) }, 'invalid_credentials', 'APP_KEY_REFUSED'],
    ['another app', { appId: '654321' }, 'invalid_credentials', 'APP_KEY_REFUSED'],
    ['an installation that is not there', { installationId: '99' }, 'invalid_credentials', 'NO_INSTALLATION'],
    ['an installation that is suspended', { installationId: '3' }, 'insufficient_permission', 'INSTALLATION_SUSPENDED'],
    ['a permission that it lacks', { installationId: '2', packages: 'write' }, 'insufficient_permission', 'MISSING_PERMISSION'],
  ])('refuses %s', async ([, more, verdict, code]) => {
    expect(outcomeOf(await service.post(CHECKS, form(more)))).toEqual({ verdict, code });
  });

  test('says whose clock is wrong', async () => {
    const body = JSON.stringify({ message: "'Expiration time' claim ('exp') is too far in the future" });
    github.moods.set('api.github.com', oddities.status(401, {}, body));

    const reply = await service.post(CHECKS, form());

    github.moods.clear();
    expect(outcomeOf(reply)).toEqual({ verdict: 'misconfigured', code: 'CLOCK_SKEW' });
  });

  test('a hand-out says that GitHub is down', async () => {
    const { json } = await service.post(`${CREDENTIALS}?check=skip`, { name: 'App, down', ...form() });
    github.moods.set('api.github.com', oddities.status(502));

    const reply = await service.post(`${CREDENTIALS}/${json.id}/login`);

    github.moods.clear();
    expect(reply).toMatchObject({ status: 502, json: { code: 'REGISTRY_UNREACHABLE' } });
  });

  test.for<[string, object, string]>([
    ['no key', { method: 'github-app', privateKey: undefined }, '/privateKey REQUIRED'],
    ['half a key', { privateKey: PKCS1.slice(0, 600) }, '/privateKey NOT_A_KEY'],
    ['a damaged key', { privateKey: PKCS1.replace(/\n.{64}/, '\n') }, '/privateKey NOT_A_KEY'],
    ['a public key', { privateKey: publicKey.export({ type: 'spki', format: 'pem' }) }, '/privateKey NOT_A_PRIVATE_KEY'],
    ['a key that is locked', { privateKey: locked() }, '/privateKey ENCRYPTED_KEY'],
    ['a key on a curve', { privateKey: pem(CURVE.privateKey) }, '/privateKey NOT_RSA'],
    ['a short key', { privateKey: pem(SHORT.privateKey) }, '/privateKey SHORT_KEY'],
    ['a token', { privateKey: `ghp_${'a'.repeat(36)}` }, '/privateKey WRONG_TOKEN'],
    ['the secret of the client', { privateKey: '0123456789abcdef'.repeat(3) }, '/privateKey NOT_A_KEY'],
    ['the name of the app', { appId: 'my-app' }, '/appId WRONG_FORMAT'],
    [
      'the address of the installation',
      { installationId: 'https://github.com/settings/installations/1' },
      '/installationId WRONG_FORMAT',
    ],
    ['another permission', { packages: 'admin' }, '/packages NOT_ALLOWED'],
  ])('refuses %s', async ([, more, mistake]) => {
    const reply = await service.post(CREDENTIALS, { name: 'Mistake', ...form(more) });

    expect(mistakesOf(reply)).toContain(mistake);
    expect(reply.text).not.toMatch(/MII|ghp_|abcdef/);
  });
});

function pem(key: typeof privateKey): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function locked(): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }).toString();
}
