import { createHmac, randomUUID } from 'node:crypto';
import { exportSPKI, importJWK, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import { AUDIENCE, startIssuer, type Issuer } from '../peers/issuer.ts';
import type { Service } from '../service.ts';

const NOW = Math.floor(Date.now() / 1000);
const HOUR = 3600;

/** A rule's match, the claims of a token, and whether they fit. */
const MATCHES: [Record<string, string>, JWTPayload, boolean][] = [
  [{ sub: 'repo:org/app:ref:refs/heads/main' }, { sub: 'repo:org/app:ref:refs/heads/main' }, true],
  [{ sub: 'repo:org/app:ref:refs/heads/*' }, { sub: 'repo:org/app:ref:refs/heads/main' }, true],
  [{ sub: 'repo:org/app:ref:refs/heads/*' }, { sub: 'repo:org/app:ref:refs/heads/feature/x' }, false],
  [{ sub: 'repo:org/app:ref:refs/heads/*' }, { sub: 'repo:org/app:ref:refs/heads/x:y' }, false],
  [{ sub: 'repo:org/*' }, { sub: 'repo:org/app' }, true],
  [{ sub: 'repo:org/*' }, { sub: 'repo:org/app:ref:refs/heads/main' }, false],
  [{ sub: 'repo:*/*' }, { sub: 'repo:org/app' }, true],
  [{ sub: 'repo:**' }, { sub: 'repo:org/app' }, false],
  [{ sub: 'build-*' }, { sub: 'build-' }, true],
  [{ sub: 'build-*' }, { sub: 'prebuild-7' }, false],
  [{ sub: 'build-*' }, { sub: 'build-7\nx' }, true],
  [{ sub: 'a.c' }, { sub: 'abc' }, false],
  [{ sub: '[a-z]+' }, { sub: 'abc' }, false],
  [{ sub: 'robot' }, { sub: 'Robot' }, false],
  [{ sub: 'robot', groups: 'admins' }, { sub: 'robot', groups: ['users', 'admins'] }, true],
  [{ groups: 'admins' }, { groups: ['users'] }, false],
  [{ groups: 'admins' }, { groups: [] }, false],
  [{ groups: 'users,admins' }, { groups: ['users', 'admins'] }, false],
  [{ groups: 'a*' }, { groups: [['admins']] }, false],
  [{ repository_id: '123' }, { repository_id: 123 }, true],
  [{ repository_id: '123' }, { repository_id: '123' }, true],
  [{ repository_id: '123' }, { repository_id: 1234 }, false],
  [{ email_verified: 'true' }, { email_verified: true }, true],
  [{ org: '*' }, {}, false],
  [{ org: '*' }, { org: null }, false],
  [{ org: '*' }, { org: { name: 'x' } }, false],
  [{ org: '' }, { org: '' }, true],
  [{ toString: '*' }, {}, false],
  [{ constructor: '*' }, {}, false],
];

describe('who may call', () => {
  let issuer: Issuer;
  let other: Issuer;
  let service: Service;
  beforeAll(async () => {
    issuer = await startIssuer();
    other = await startIssuer({ algorithm: 'RS256' });
    const rule = { issuer: issuer.url, roles: ['admin'] };
    service = await startDocumentedService({
      policy: {
        projects: [
          ...['default', 'foreign', 'roles', 'mixed'].map((name) => ({ name, environments: ['dev', 'prod'] })),
          ...MATCHES.map((_, at) => ({ name: `match-${at}`, environments: ['dev'] })),
        ],
        issuers: [
          { issuer: issuer.url, audience: [AUDIENCE, 'regcred-too'] },
          { issuer: other.url, audience: AUDIENCE, jwks: `${other.url}/keys` },
        ],
        rules: [
          { ...rule, match: { sub: 'robot' }, project: 'default' },
          { ...rule, match: { sub: 'everywhere' }, project: '*', roles: ['reader'] },
          ...['reader', 'consumer', 'operator', 'admin'].map((role) => ({
            ...rule,
            match: { sub: role },
            project: 'roles',
            roles: [role],
          })),
          { ...rule, match: { sub: 'mixed' }, project: 'mixed', environments: ['dev'], roles: ['admin'] },
          { ...rule, match: { sub: 'mixed' }, project: 'mixed', environments: ['prod'], roles: ['reader'] },
          { ...rule, match: { sub: 'mixed' }, project: 'mixed', environments: ['prod'], purposes: ['push'], roles: ['consumer'] },
          { ...rule, match: { sub: 'capped' }, project: 'default', roles: ['consumer'], handOutsPerHour: 3 },
          { ...rule, issuer: other.url, match: { sub: 'robot' }, project: 'foreign' },
          ...MATCHES.map(([match], at) => ({ ...rule, match, project: `match-${at}` })),
        ],
        network: { relaxed: {} },
      },
    });
  });
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await issuer[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  });

  const list = (project: string, as: string | null, headers: Record<string, string> = {}) =>
    service.get(`/api/projects/${project}/credentials`, { as, headers });
  const statusFor = async (sub: string, project: string) => (await list(project, await issuer.sign({ sub }))).status;

  test('a token of a declared issuer, found by discovery or by the address of its keys', async () => {
    expect((await list('default', await issuer.sign())).status).toBe(200);
    expect((await list('default', await issuer.sign({ aud: 'regcred-too' }))).status).toBe(200);
    expect((await list('default', await issuer.sign({ aud: ['x', AUDIENCE] }))).status).toBe(200);
    expect((await list('foreign', await other.sign())).status).toBe(200);
  });

  test('a rule is for the tokens of its issuer alone', async () => {
    expect((await list('default', await other.sign())).status).toBe(404);
    expect((await list('foreign', await issuer.sign())).status).toBe(404);
  });

  test.for<[string, () => Promise<string | null>]>([
    ['no token', async () => null],
    ['an empty one', async () => ''],
    ['garbage', async () => 'garbage'],
    ['three pieces of garbage', async () => 'a.b.c'],
    ['no claims', async () => `${part({ alg: 'ES256' })}.${part([])}.c2ln`],
    ['a token that has expired', () => issuer.sign({ iat: NOW - 2 * HOUR, exp: NOW - HOUR })],
    ['a token that is not good yet', () => issuer.sign({ nbf: NOW + HOUR })],
    ['a token without an end', () => issuer.sign({ exp: undefined })],
    ['another audience', () => issuer.sign({ aud: 'another' })],
    ['no audience', () => issuer.sign({ aud: undefined })],
    ['no subject', () => issuer.sign({ sub: undefined })],
    ['an empty subject', () => issuer.sign({ sub: '' })],
    ['a subject that is no text', () => issuer.sign({ sub: 7 as unknown as string })],
    ['an issuer that the policy does not name', () => issuer.sign({ iss: 'https://issuer.example.com' })],
    ['no issuer', () => issuer.sign({ iss: undefined })],
    ['the name of another issuer', () => issuer.sign({ iss: other.url })],
    ['a key that is not published', () => issuer.sign({}, { kid: 'unknown' })],
    ['another algorithm than the key is for', () => other.sign({ iss: issuer.url })],
    ['alg none', async () => `${part({ alg: 'none', typ: 'JWT' })}.${part(claimsOf(issuer))}.`],
    ['alg none with a signature', async () => `${part({ alg: 'none' })}.${part(claimsOf(issuer))}.c2ln`],
    ['the public key taken for a shared secret', () => signedWithPublicKey()],
    ['a header that must be understood and is not', () => critical()],
    ['a signature that was changed', async () => (await issuer.sign()).replace(/.{8}$/, 'AAAAAAAA')],
    [
      'claims that were changed',
      async () => (await issuer.sign({ sub: 'nobody' })).replace(/\.[^.]+\./, `.${part(claimsOf(issuer))}.`),
    ],
    ['a token of 12 KiB of signature', async () => `${await issuer.sign()}${'A'.repeat(12_000)}`],
  ])('%s is 401, and says how to come in', async ([, make]) => {
    const token = await make();
    const reply = await list('default', null, token === null ? {} : { authorization: `Bearer ${token}` });

    expect(reply).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED', hint: expect.any(String) } });
    expect(reply.headers.get('www-authenticate')).toBe('Bearer realm="regcred"');
    expect(reply.text).not.toContain((token || 'nothing').slice(-20));
  });

  test.for(['Basic cm9ib3Q6eA==', 'Bearer', 'Token x', 'Bearer a b c'])('the header "%s" is no token', async (authorization) => {
    expect(await list('default', null, { authorization })).toMatchObject({ status: 401 });
  });

  test('the scheme is read in any case', async () => {
    const token = await issuer.sign();

    expect(await list('default', null, { authorization: `bearer ${token}` })).toMatchObject({ status: 200 });
  });

  test('no other header makes anybody somebody else', async () => {
    const principal = Buffer.from(JSON.stringify({ auth_typ: 'aad', claims: [{ typ: 'sub', val: 'robot' }] })).toString('base64');
    const headers = {
      'x-ms-client-principal': principal,
      'x-ms-client-principal-id': 'robot',
      'x-ms-client-principal-name': 'robot',
      'x-ms-token-aad-id-token': await issuer.sign(),
      'x-forwarded-user': 'robot',
      'x-forwarded-for': '127.0.0.1',
      'x-original-url': '/api/projects/default/credentials',
      'x-http-method-override': 'DELETE',
      'x-functions-key': 'x',
      cookie: `AppServiceAuthSession=${principal}`,
    };

    expect(await list('default', null, headers)).toMatchObject({ status: 401 });
    expect(await list('default', await issuer.sign({ sub: 'nobody' }), headers)).toMatchObject({ status: 404 });
  });

  test('an unknown project answers what a foreign one answers', async () => {
    const token = await issuer.sign();

    const replies = await Promise.all(['foreign', 'nothing', 'DEFAULT', '%00'].map((project) => list(project, token)));

    const texts = replies.map(({ text, json }) => text.replace(json.requestId, ''));
    expect(replies.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect(new Set(texts).size).toBe(1);
  });

  test.for(MATCHES.map(([match, claims, fits], at) => [match, claims, fits, at] as const))(
    'the match %o of a token with %o: %s',
    async ([, claims, fits, at]) => {
      const reply = await list(`match-${at}`, await issuer.sign(claims));

      expect(reply.status).toBe(fits ? 200 : 404);
    },
  );

  test('project * is every project that is declared, and no other', async () => {
    expect(await statusFor('everywhere', 'default')).toBe(200);
    expect(await statusFor('everywhere', 'foreign')).toBe(200);
    expect(await statusFor('everywhere', 'nothing')).toBe(404);
  });

  describe('a role', () => {
    let path: string;
    beforeAll(async () => {
      path = `/api/projects/roles/credentials/${await created('roles', 'admin', {})}`;
    });

    test.for<[string, number[]]>([
      // list, get, activity, hand out, check, create, patch, delete
      ['reader', [200, 200, 200, 403, 403, 403, 403, 403]],
      ['consumer', [200, 200, 200, 200, 403, 403, 403, 403]],
      ['operator', [200, 200, 200, 403, 200, 403, 403, 403]],
      ['admin', [200, 200, 200, 200, 200, 201, 200, 412]],
    ])('%s', async ([role, expected]) => {
      const as = await issuer.sign({ sub: role });
      const login = { name: randomUUID(), url: 'registry.invalid', username: 'ci', password: 'right-password' };

      const replies = [
        await list('roles', as),
        await service.get(path, { as }),
        await service.get(`${path}/activity`, { as }),
        await service.post(`${path}/login`, undefined, { as }),
        await service.post(`${path}/check`, undefined, { as }),
        await service.post('/api/projects/roles/credentials?check=skip', login, { as }),
        await service.patch(path, {}, { as, headers: { 'if-match': '*' } }),
        await service.delete(path, { as, headers: { 'if-match': '"99"' } }),
      ];

      expect(replies.map(({ status }) => status)).toEqual(expected);
    });

    test('is not needed for the catalog, but a token is', async () => {
      expect(await service.get('/api/providers', { as: await issuer.sign({ sub: 'nobody' }) })).toMatchObject({ status: 200 });
      expect(await service.get('/api/providers', { as: null })).toMatchObject({ status: 401 });
    });
  });

  describe('one rule must grant all of it', () => {
    test.for<[object, string, number]>([
      // the credential, environment asked for, the answer to a hand-out
      [{ environments: ['dev'] }, 'dev', 200],
      [{ environments: ['prod'] }, 'prod', 403],
      [{ environments: ['prod'], purpose: 'push' }, 'prod', 200],
      [{ environments: ['dev', 'prod'], purpose: 'push' }, 'prod', 200],
      [{ environments: ['dev', 'prod'], purpose: 'push' }, '', 403],
      [{}, 'prod', 403],
    ])('%o in "%s": %d', async ([fields, environment, status]) => {
      const id = await created('mixed', 'local', fields);

      const reply = await service.post(`/api/projects/mixed/credentials/${id}/login`, environment ? { environment } : {}, {
        as: await issuer.sign({ sub: 'mixed' }),
      });

      expect(reply.status).toBe(status);
    });

    test('also to change: an admin of dev cannot touch what counts in prod, too', async () => {
      const id = await created('mixed', 'local', { environments: ['dev', 'prod'] });
      const as = await issuer.sign({ sub: 'mixed' });

      expect(await service.get(`/api/projects/mixed/credentials/${id}`, { as })).toMatchObject({ status: 200 });
      expect(await service.delete(`/api/projects/mixed/credentials/${id}`, { as })).toMatchObject({ status: 403 });
    });
  });

  test('a cap holds for its rule alone, and says when to come back', async () => {
    const path = `/api/projects/default/credentials/${await created('default', 'robot', {})}/login`;
    const as = await issuer.sign({ sub: 'capped' });

    const replies = [];
    for (let round = 0; round < 7; round += 1) replies.push(await service.post(path, undefined, { as }));

    // Seven, because a new hour may begin meanwhile.
    const refused = replies.find(({ status }) => status === 429);
    expect(replies.slice(0, 3).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(refused?.json).toMatchObject({ code: 'HAND_OUT_LIMIT' });
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused?.headers.get('retry-after'))).toBeLessThanOrEqual(3600);
    expect(await service.post(path, undefined, { as: await issuer.sign() })).toMatchObject({ status: 200 });
  });

  /** Made by a token of the issuer, or of the local one. */
  async function created(project: string, sub: string, fields: object): Promise<string> {
    const as = sub === 'local' ? { project } : await issuer.sign({ sub });
    const login = { name: randomUUID(), url: 'registry.invalid', username: 'ci', password: 'right-password', ...fields };
    const reply = await service.post(`/api/projects/${project}/credentials?check=skip`, login, { as });
    expect(reply.status).toBe(201);
    return reply.json.id;
  }

  /** CVE-2015-9235: a verifier that lets the token choose the algorithm takes the public key for a shared secret. */
  async function signedWithPublicKey(): Promise<string> {
    const { id, jwk } = issuer.current();
    const publicKey = await importJWK(jwk);
    if (publicKey instanceof Uint8Array) throw new TypeError('The peer has a symmetric key');
    const input = `${part({ alg: 'HS256', kid: id })}.${part(claimsOf(issuer))}`;
    return `${input}.${createHmac('sha256', await exportSPKI(publicKey))
      .update(input)
      .digest('base64url')}`;
  }

  /** RFC 7515, section 4.1.11: what is named there and not understood makes the token invalid. */
  async function critical(): Promise<string> {
    const { id, key } = issuer.current();
    const input = `${part({ alg: 'ES256', kid: id, crit: ['x'], x: 1 })}.${part(claimsOf(issuer))}`;
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, Buffer.from(input));
    return `${input}.${Buffer.from(signature).toString('base64url')}`;
  }
});

function part(content: object): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

function claimsOf({ url }: Issuer): JWTPayload {
  return { iss: url, aud: AUDIENCE, sub: 'robot', iat: NOW, exp: NOW + HOUR };
}
