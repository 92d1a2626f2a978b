import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { NULL_GUID } from '../../../shared/providers/acr/guid.ts';
import {
  APP,
  APP_SECRET,
  APP_SECRET_END,
  APP_SECRET_ID,
  APP_WITHOUT_ROLE,
  CHINA_GRAPH,
  DISABLED_APP,
  ENTRA,
  GRAPH,
  OLD_APP_SECRET,
  OTHER_APP,
  OTHER_TENANT,
  REGISTRY,
  startAzure,
  TENANT,
  type Azure,
} from '../../peers/azure.ts';
import { oddities } from '../../peers/oddities.ts';
import { startDocumentedService } from '../../documented-service.ts';
import type { Service } from '../../service.ts';

const CHECKS = '/api/projects/default/checks';
const CREDENTIALS = '/api/projects/default/credentials';
const REGIONAL = 'contoso.westeurope.geo.azurecr.io';
const PUBLIC = 'opentoall.azurecr.io';
const CLOSED = 'behindwalls.azurecr.io';
const CHINA = 'contoso.azurecr.cn';
const CHINA_ENTRA = 'login.partner.microsoftonline.cn';

let azure: Azure;
let service: Service;
beforeAll(async () => {
  azure = await startAzure({
    names: [REGIONAL, CHINA],
    entraNames: [CHINA_ENTRA],
    others: { [PUBLIC]: { anonymousPull: true }, [CLOSED]: { isClosed: true } },
  });
  service = await startDocumentedService({ policy: { network: azure.hosts.network } });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await azure[Symbol.asyncDispose]();
});
afterEach(() => azure.hosts.moods.clear());

const form = (more: object = {}) => ({ url: REGISTRY, clientId: APP, tenantId: TENANT, clientSecret: APP_SECRET, ...more });
const check = async (body: object) => (await service.post(CHECKS, body)).json;
const create = (body: object) => service.post(CREDENTIALS, { name: `acr ${crypto.randomUUID()}`, ...body });
const handOut = async (body: object, request: object) => {
  const { json } = await create(body);
  return (await service.post(`${CREDENTIALS}/${json.id}/login`, request)).json;
};
/** Of the app, as Entra ID and Graph have them. */
const secretsOf = () => azure.entra.tenants[0]?.apps[APP]?.secrets ?? [];
const codes = (warnings: { code: string }[]) => warnings.map(({ code }) => code);

describe('a service principal with its tenant', () => {
  test('is proven by Entra ID and the registry', async () => {
    const result = await check(form());

    expect(result).toMatchObject({ verdict: 'valid', warnings: [] });
    expect(result.stages).toContainEqual(expect.objectContaining({ stage: 'identity', outcome: 'ok' }));
  });

  test('is also found by one of the domains of the tenant', async () => {
    expect(await check(form({ tenantId: 'Contoso.onmicrosoft.com' }))).toMatchObject({ verdict: 'valid', warnings: [] });
  });

  test.for([
    {
      what: 'a wrong secret',
      more: { clientSecret: 'another-secret' },
      verdict: 'invalid_credentials',
      code: 'ENTRA_WRONG_SECRET',
    },
    { what: 'an expired secret', more: { clientSecret: OLD_APP_SECRET }, verdict: 'expired', code: 'ENTRA_SECRET_EXPIRED' },
    {
      what: 'an unknown app',
      more: { clientId: '3f2b8c1e-5d47-4a90-9b6e-ffffffffffff' },
      verdict: 'invalid_credentials',
      code: 'ENTRA_UNKNOWN_APP',
    },
    {
      what: 'an unknown tenant',
      more: { tenantId: '99999999-9999-4999-8999-999999999999' },
      verdict: 'invalid_credentials',
      code: 'ENTRA_UNKNOWN_TENANT',
    },
    { what: 'a disabled app', more: { clientId: DISABLED_APP }, verdict: 'insufficient_permission', code: 'ENTRA_APP_DISABLED' },
    {
      what: 'an app without a role',
      more: { clientId: APP_WITHOUT_ROLE },
      verdict: 'insufficient_permission',
      code: 'ACR_NO_ROLE',
    },
    {
      what: "a tenant that is not the registry's",
      more: { tenantId: OTHER_TENANT },
      verdict: 'insufficient_permission',
      code: 'ACR_NO_ROLE',
    },
  ])('$what is told apart, and nothing is stored', async ({ more, verdict, code }) => {
    const reply = await create({ name: 'refused', ...form(more) });

    expect(reply).toMatchObject({ status: 422, json: { code: 'CREDENTIAL_REJECTED', verdict } });
    expect(reply.json.stages).toContainEqual(expect.objectContaining({ stage: 'identity', outcome: 'failed', code }));
    expect(reply.json.hint).toMatch(/\w/);
    const stored = (await service.get(CREDENTIALS)).json.value as { name: string }[];
    expect(stored.filter(({ name }) => name === 'refused')).toEqual([]);
  });

  test('is bound to the tenant: to another one the secret goes only when it is given again', async () => {
    const { json } = await create(form());
    const asked = azure.hosts.requests.length;

    const patch = { tenantId: 'attacker.example.com' };
    const reply = await service.patch(`${CREDENTIALS}/${json.id}`, patch, { headers: { 'if-match': '*' } });

    expect(reply).toMatchObject({ status: 422, json: { code: 'MATERIAL_REQUIRED', errors: [{ pointer: '/clientSecret' }] } });
    expect(azure.hosts.requests.length).toBe(asked);
  });

  test('a refused secret is not sent to the registry', async () => {
    const before = azure.hosts.requests.length;

    await check(form({ clientSecret: 'another-secret' }));

    const asked = azure.hosts.requests.slice(before).map(({ host, method }) => `${method} ${host}`);
    expect(asked).toEqual([`GET ${REGISTRY}`, `POST ${ENTRA}`]);
  });

  test('an answer of Entra ID that nobody knows is a warning, and the registry proves the login', async () => {
    azure.hosts.moods.set(ENTRA, oddities.status(400, {}, JSON.stringify({ error: 'invalid_request', error_codes: [500011] })));

    const result = await check(form());

    expect(result).toMatchObject({ verdict: 'valid', warnings: [{ code: 'IDENTITY_UNCONFIRMED' }] });
    expect(result.warnings[0].detail).toContain('AADSTS500011');
  });

  test('Entra ID that is down does not make a wrong secret right', async () => {
    azure.hosts.moods.set(ENTRA, oddities.status(503));

    expect(await check(form({ clientSecret: 'another-secret' }))).toMatchObject({ verdict: 'invalid_credentials' });
  });

  test('is asked for at the Entra ID of the cloud that the registry is in', async () => {
    const before = azure.hosts.requests.length;

    expect(await check(form({ url: CHINA }))).toMatchObject({ verdict: 'valid', warnings: [] });

    const asked = new Set(azure.hosts.requests.slice(before).map(({ host }) => host));
    expect([...asked]).toEqual([CHINA, CHINA_ENTRA, CHINA_GRAPH]);
  });

  test('a regional endpoint may name the token service of all regions', async () => {
    const challenge = `Bearer realm="https://${REGISTRY}/oauth2/token",service="${REGISTRY}"`;
    azure.hosts.moods.set(REGIONAL, (request, response) =>
      request.headers.authorization || request.method === 'POST' ? false : oddities.challenge(challenge)(request, response),
    );

    expect(await check(form({ url: REGIONAL }))).toMatchObject({ verdict: 'valid' });
  });

  test('what it may do is asked of the registry', async () => {
    const actions = ['pull', 'push', 'delete'];
    const repositories = [
      { name: 'team/app', actions },
      { name: 'team/base', actions: ['pull', 'push'] },
      { name: 'other/app', actions: ['pull'] },
    ];

    expect(await check({ ...form(), repositories })).toMatchObject({
      verdict: 'valid',
      capabilities: [
        { repository: 'team/app', pull: 'yes', push: 'yes', delete: 'no' },
        { repository: 'team/base', pull: 'yes', push: 'no' },
        { repository: 'other/app', pull: 'no' },
      ],
      leavesBehind: [],
    });
    expect([...azure.uploads]).toEqual([]);
  });
});

describe('the end of its secret', () => {
  test('is known where the app may read itself in Microsoft Graph', async () => {
    const { json } = await create(form({ environments: ['dev'] }));

    expect(json.active).toMatchObject({ expiresAt: APP_SECRET_END, upstreamId: APP_SECRET_ID });
    expect(json.warnings).toEqual([]);
  });

  test('is warned of when it is near', async () => {
    const [secret] = secretsOf();
    if (!secret) throw new Error('The app has a secret.');
    secret.endDateTime = new Date(Date.now() + 5 * 86_400_000).toISOString();

    expect(codes((await check(form())).warnings)).toEqual(['EXPIRES_SOON']);
    secret.endDateTime = APP_SECRET_END;
  });

  test('is not guessed where two secrets begin alike', async () => {
    secretsOf().push({ value: 'abc9Q~another-secret', keyId: 'another', endDateTime: '2100-01-01T00:00:00Z' });

    const { json } = await create(form({ environments: ['dev'] }));

    expect(json.active).toMatchObject({ expiresAt: null, upstreamId: null });
    secretsOf().pop();
  });

  test.for([
    ['is out of order', oddities.status(503)],
    ['answers with something else', oddities.status(200, {}, '{"value":[]}')],
    [
      'gives an end that is none',
      oddities.status(200, {}, '{"passwordCredentials":[{"keyId":"k","hint":"abc","endDateTime":"soon"}]}'),
    ],
    ['never answers', oddities.silence()],
  ] as const)('is not known while Graph %s, and nobody is troubled by it', async ([, mood]) => {
    azure.hosts.moods.set(GRAPH, mood);

    expect(await create(form({ environments: ['dev'] }))).toMatchObject({
      status: 201,
      json: { warnings: [], active: { expiresAt: null } },
    });
  });

  test('is not asked for again and again where the app may not read itself', async () => {
    const before = azure.hosts.requests.length;

    for (let time = 0; time < 3; time++) {
      expect(await check(form({ clientId: OTHER_APP }))).toMatchObject({ verdict: 'valid', warnings: [] });
    }

    expect(azure.hosts.requests.slice(before).filter(({ host }) => host === GRAPH)).toHaveLength(1);
  });
});

describe('a service principal without its tenant', () => {
  const plain = { url: REGISTRY, username: APP, password: APP_SECRET };

  test('is understood from a plain form, and says what could not be told', async () => {
    const reply = await create({ ...plain, environments: ['dev'] });

    expect(reply).toMatchObject({
      status: 201,
      json: { provider: 'acr', method: 'service-principal', clientId: APP, username: APP },
    });
    expect(codes(reply.json.warnings)).toEqual(['TENANT_NOT_KNOWN']);
  });

  test('is refused with a hint to give the tenant', async () => {
    const { verdict, stages } = await check({ ...plain, password: 'another-secret' });

    expect(verdict).toBe('invalid_credentials');
    expect(stages).toContainEqual(expect.objectContaining({ code: 'LOGIN_REFUSED', hint: expect.stringContaining('tenant id') }));
  });

  test('takes a bare name where the provider is given, by any of its names', async () => {
    for (const provider of ['azure', 'ACR', 'Azure Container Registry']) {
      expect(await check({ ...plain, provider, url: 'Contoso' })).toMatchObject({ verdict: 'valid' });
    }
  });
});

describe('a registry from which anybody may pull', () => {
  test('proves a login only by way of Entra ID', async () => {
    const { tenantId: _left, ...without } = form({ url: PUBLIC });

    expect(await check(without)).toMatchObject({ verdict: 'indeterminate' });
    expect(await check({ ...without, clientSecret: 'another-secret' })).toMatchObject({ verdict: 'invalid_credentials' });
    expect(await check(form({ url: PUBLIC }))).toMatchObject({ verdict: 'valid' });
  });
});

describe('a registry that does not let this service in', () => {
  test('is unreachable, with advice, and gets no secret', async () => {
    const before = azure.hosts.requests.length;
    const result = await check(form({ url: CLOSED }));

    expect(result.verdict).toBe('unreachable');
    expect(result.stages).toContainEqual(
      expect.objectContaining({ stage: 'ping', code: 'FIREWALL', hint: expect.stringContaining('outgoing address') }),
    );
    expect(azure.hosts.requests.slice(before)).toHaveLength(1);
  });
});

describe('what is handed out', () => {
  test('is the login as it is, under the host of the registry', async () => {
    expect(await handOut(form(), { format: 'docker-config' })).toMatchObject({
      scope: 'unrestricted',
      value: { auths: { [REGISTRY]: { username: APP, password: APP_SECRET } } },
    });
  });

  test('is a token for the repositories that were named, which pulls from them and from no other', async () => {
    const { value, scope, expiresAt } = await handOut(form(), { repositories: ['team/app'], actions: ['pull'] });

    expect({ scope, username: value.username }).toEqual({ scope: 'restricted', username: NULL_GUID });
    expect(value.password).not.toContain(APP_SECRET);
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThan(76 * 60_000);
    const repositories = [{ name: 'team/app', actions: ['pull', 'push'] }, { name: 'team/base' }];
    expect(await check({ provider: 'generic', url: REGISTRY, ...value, repositories })).toMatchObject({
      verdict: 'valid',
      capabilities: [
        { repository: 'team/app', pull: 'yes', push: 'no' },
        { repository: 'team/base', pull: 'no' },
      ],
    });
  });

  test('can push to the repositories that were named for that', async () => {
    const { value } = await handOut(form({ purpose: 'push' }), { repositories: ['team/app'], actions: ['push'] });

    const repositories = [{ name: 'team/app', actions: ['push'] }];
    expect(await check({ provider: 'generic', url: REGISTRY, ...value, repositories })).toMatchObject({
      capabilities: [{ repository: 'team/app', push: 'yes' }],
    });
  });

  test('is not narrowed where no tenant is known, and says so', async () => {
    const { tenantId: _left, ...without } = form();
    const { value, scope, warnings } = await handOut(without, { repositories: ['team/app'] });

    expect({ scope, username: value.username }).toEqual({ scope: 'unrestricted', username: APP });
    expect(codes(warnings)).toContain('NOT_NARROWED');
  });
});

test('no secret is in the log', async () => {
  await check(form());
  await check(form({ clientSecret: 'another-secret' }));

  expect(service.output()).toContain('regcred runs at');
  for (const secret of [APP_SECRET, 'another-secret']) expect(service.output()).not.toContain(secret);
});

describe('bad input', () => {
  test.for([
    { what: 'no secret', more: { clientSecret: undefined }, pointer: '/clientSecret', code: 'REQUIRED' },
    { what: 'no client id', more: { clientId: undefined }, pointer: '/clientId', code: 'REQUIRED' },
    { what: 'a name for an id', more: { clientId: 'http://my-app' }, pointer: '/clientId', code: 'NOT_A_GUID' },
    { what: 'the user name of short-lived tokens', more: { clientId: NULL_GUID }, pointer: '/clientId', code: 'SHORT_LIVED' },
    { what: 'a word for a tenant', more: { tenantId: 'common' }, pointer: '/tenantId', code: 'NOT_A_TENANT' },
    { what: 'a path for a tenant', more: { tenantId: 'a.b/../c' }, pointer: '/tenantId', code: 'NOT_A_TENANT' },
    { what: "the secret's id", more: { clientSecret: TENANT }, pointer: '/clientSecret', code: 'SECRET_ID' },
    { what: 'quotes', more: { clientSecret: `"${APP_SECRET}"` }, pointer: '/clientSecret', code: 'QUOTED' },
    { what: 'a space', more: { clientSecret: `${APP_SECRET} ` }, pointer: '/clientSecret', code: 'SPACES' },
    { what: 'a line break', more: { clientSecret: `${APP_SECRET}\n` }, pointer: '/clientSecret', code: 'SPACES' },
    {
      what: "a registry's password",
      more: { clientSecret: `${'p'.repeat(42)}+ACRabcdef` },
      pointer: '/clientSecret',
      code: 'WRONG_TOKEN',
    },
    {
      what: "another product's token",
      more: { clientSecret: 'ghp_0123456789abcdefghijABCDEFGHIJ012345' },
      pointer: '/clientSecret',
      code: 'WRONG_TOKEN',
    },
    { what: 'a data endpoint', more: { url: 'contoso.westeurope.data.azurecr.io' }, pointer: '/url', code: 'DATA_ENDPOINT' },
    { what: 'another host', more: { provider: 'acr', url: 'registry.example.com' }, pointer: '/url', code: 'NOT_A_LOGIN_SERVER' },
    { what: 'another provider', more: { provider: 'docker-hub' }, pointer: '/provider', code: 'CONTRADICTION' },
  ])('$what is refused at $pointer, and not repeated', async ({ more, pointer, code }) => {
    const { status, json, text } = await service.post(CHECKS, form(more));

    expect({ status, code: json.code }).toEqual({ status: 400, code: 'INVALID_INPUT' });
    expect(json.errors).toContainEqual(expect.objectContaining({ pointer, code, hint: expect.stringMatching(/\w/) }));
    const secrets = Object.entries(more).filter(([name, value]) => name === 'clientSecret' && value !== undefined);
    expect(secrets.filter(([, value]) => text.includes(String(value).trim()))).toEqual([]);
  });

  test('an id is read in any case, and in braces', async () => {
    const written = { clientId: `{${APP.toUpperCase()}}`, tenantId: ` ${TENANT.toUpperCase()} ` };

    expect(await check(form(written))).toMatchObject({ verdict: 'valid' });
  });
});
