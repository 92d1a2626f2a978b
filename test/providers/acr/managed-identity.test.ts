import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { NULL_GUID } from '../../../shared/providers/acr/guid.ts';
import { startDocumentedService } from '../../documented-service.ts';
import {
  APP,
  ARM,
  ENTRA,
  OWN_APP,
  OWN_APP_OBJECT,
  OWN_APP_SECRET,
  OWN_ENVIRONMENT,
  REGISTRY,
  REGISTRY_ID,
  registryId,
  startAzure,
  TENANT,
  type Azure,
} from '../../peers/azure.ts';
import { oddities } from '../../peers/oddities.ts';
import { eventually, type Service } from '../../service.ts';
import { CHECKS, CREDENTIALS, mistakesOf, outcomeOf, warningCodes } from '../product-service.ts';

const REGIONAL = 'contoso.westeurope.geo.azurecr.io';
/** Registries of the tenant: one where regcred has no role, one with a hash in its name, one whose owner lets nobody read it. */
const NO_ROLE = 'fabrikam.azurecr.io';
const HASHED = 'tailspin-a1b2c3d4.azurecr.io';
const UNREADABLE = 'northwind.azurecr.io';

let azure: Azure;
let service: Service;
beforeAll(async () => {
  const more = { [NO_ROLE]: { roles: {} }, [HASHED]: {}, [UNREADABLE]: {} };
  azure = await startAzure({ names: [REGIONAL], others: more });
  resource('northwind').readers = [];
  service = await start([registryId('').replace('/providers/Microsoft.ContainerRegistry/registries/', '')]);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await azure[Symbol.asyncDispose]();
});
afterEach(() => azure.hosts.moods.clear());

const start = (upstreams: string[], options: { data?: string; environment?: Record<string, string> } = {}) =>
  startDocumentedService({
    environment: OWN_ENVIRONMENT,
    ...options,
    policy: { projects: [{ name: 'default', environments: ['dev'], upstreams }], network: azure.hosts.network },
  });
const form = (more: object = {}) => ({ url: REGISTRY, registryId: REGISTRY_ID, ...more });
const check = (more: object = {}) => service.post(CHECKS, form(more));
const create = (more: object = {}, by = service) => by.post(CREDENTIALS, { name: `acr ${crypto.randomUUID()}`, ...form(more) });
const handOut = (id: string, request: object = {}, by = service) => by.post(`${CREDENTIALS}/${id}/login`, request);

const hintOf = async (more: object) => (await create(more)).json.hint as string;

function resource(name: string) {
  const found = azure.resources.find(({ id }) => id === registryId(name));
  if (!found) throw new Error(`There is no ${name}.`);
  return found;
}

/** With what a registry is for a while. */
async function whileIt(name: string, change: object, run: () => Promise<void>): Promise<void> {
  const changed = resource(name);
  const before = { adminUserEnabled: false, anonymousPullEnabled: false, roleAssignmentMode: undefined, ...changed };
  Object.assign(changed, change);
  try {
    await run();
  } finally {
    Object.assign(changed, before);
  }
}

describe("regcred's own identity at a registry that the project may use", () => {
  test('is created from the address and the resource id alone, and stores no secret', async () => {
    const { status, json } = await create();

    expect({ status, standing: json.status?.standing }).toEqual({ status: 201, standing: 'accepted' });
    expect(json).toMatchObject({ provider: 'acr', method: 'managed-identity', registryId: REGISTRY_ID, warnings: [] });
  });

  test.for([
    [REGIONAL, REGISTRY_ID],
    [HASHED, registryId('tailspin')],
    ['Contoso', `${REGISTRY_ID.replace('resourceGroups', 'resourcegroups')}/`],
  ])('%s is found to be that of its resource', async ([url = '', id = '']) => {
    expect(outcomeOf(await check({ provider: 'acr', url, registryId: id }))).toEqual({ verdict: 'valid' });
  });

  test('hands out logins of some hours, which the registry takes', async () => {
    const { json } = await create();

    const { value, expiresAt, scope } = (await handOut(json.id)).json;

    expect({ scope, username: value.username }).toEqual({ scope: 'unrestricted', username: NULL_GUID });
    expect(Math.round((Date.parse(expiresAt) - Date.now()) / 60_000)).toBe(180);
    const repositories = [{ name: 'team/app', actions: ['pull', 'push'] }];
    expect((await service.post(CHECKS, { provider: 'generic', url: REGISTRY, ...value, repositories })).json).toMatchObject({
      verdict: 'valid',
      capabilities: [{ repository: 'team/app', pull: 'yes', push: 'yes' }],
    });
  });

  test('narrows them to repositories', async () => {
    const { json } = await create();

    const { value, scope } = (await handOut(json.id, { repositories: ['team/app'], actions: ['pull'] })).json;

    expect(scope).toBe('restricted');
    const repositories = [{ name: 'team/app', actions: ['pull', 'push'] }, { name: 'team/base' }];
    expect((await service.post(CHECKS, { provider: 'generic', url: REGISTRY, ...value, repositories })).json).toMatchObject({
      capabilities: [
        { repository: 'team/app', pull: 'yes', push: 'no' },
        { repository: 'team/base', pull: 'no' },
      ],
    });
  });

  test('can be turned to another registry of the project, by both of its fields', async () => {
    const { json } = await create();
    const patch = (body: object) => service.patch(`${CREDENTIALS}/${json.id}`, body, { headers: { 'if-match': '*' } });

    expect(outcomeOf(await patch({ url: HASHED }))).toEqual({ verdict: 'misconfigured', code: 'UPSTREAM_MISMATCH' });
    expect(await patch({ url: HASHED, registryId: registryId('tailspin') })).toMatchObject({
      status: 200,
      json: { url: HASHED },
    });
  });

  test('asks once however many want a login at once, and Resource Manager not for each', { timeout: 120_000 }, async () => {
    const { json } = await create();
    const before = azure.hosts.requests.length;

    const replies = await Promise.all(Array.from({ length: 1_000 }, () => handOut(json.id)));
    await handOut(json.id, { repositories: ['team/app'] });

    expect(new Set(replies.map(({ status, json }) => `${status} ${json.value?.password}`)).size).toBe(1);
    expect(replies[0]?.status).toBe(200);
    const asked = azure.hosts.requests.slice(before).map(({ host, path }) => `${host}${path}`);
    expect(asked.filter((line) => line.endsWith('/oauth2/exchange'))).toHaveLength(2);
    expect(asked.filter((line) => line.startsWith(ARM))).toEqual([]);
  });
});

describe('what is wrong is told apart, and nothing is stored', () => {
  test.for([
    {
      what: 'an identity without a role',
      more: { url: NO_ROLE, registryId: registryId('fabrikam') },
      outcome: { verdict: 'insufficient_permission', code: 'ACR_NO_ROLE' },
    },
    {
      what: 'the resource id of another registry',
      more: { registryId: registryId('fabrikam') },
      outcome: { verdict: 'misconfigured', code: 'UPSTREAM_MISMATCH' },
    },
    {
      what: 'a registry that regcred may not read',
      more: { url: UNREADABLE, registryId: registryId('northwind') },
      outcome: { verdict: 'insufficient_permission', code: 'ARM_NO_ROLE' },
    },
  ])('$what', async ({ more, outcome }) => {
    const reply = await create({ ...more, name: 'refused' });

    expect({ status: reply.status, outcome: outcomeOf(reply) }).toEqual({ status: 422, outcome });
    const { value } = (await service.get(CREDENTIALS)).json;
    expect(value.filter(({ name }: { name: string }) => name === 'refused')).toEqual([]);
  });

  test('a host that was given to another registry gets no token', async () => {
    const before = azure.hosts.requests.length;

    await whileIt('contoso', { loginServer: 'contoso-x9y8z7.azurecr.io' }, async () => {
      expect(outcomeOf(await check())).toEqual({ verdict: 'misconfigured', code: 'UPSTREAM_MISMATCH' });
    });

    const asked = azure.hosts.requests.slice(before).map(({ method, host }) => `${method} ${host}`);
    expect(asked).toEqual([`GET ${REGISTRY}`, `GET ${ARM}`]);
  });

  test("a certificate that not everybody would trust: the token is not the project's to risk", async () => {
    const before = azure.hosts.requests.length;

    const reply = await check({ tls: 'custom-ca', ca: azure.hosts.network.ca });

    expect(outcomeOf(reply)).toEqual({ verdict: 'misconfigured', code: 'TLS_RELAXED' });
    expect(azure.hosts.requests.slice(before).map(({ method, host }) => `${method} ${host}`)).toEqual([`GET ${REGISTRY}`]);
  });

  test('a resource that is gone', async () => {
    await whileIt('contoso', { id: registryId('gone') }, async () => {
      expect(outcomeOf(await check())).toEqual({ verdict: 'misconfigured', code: 'REGISTRY_NOT_FOUND' });
    });
  });

  test('who must get which role, by the mode of the registry', async () => {
    const fabrikam = { url: NO_ROLE, registryId: registryId('fabrikam') };

    expect(await hintOf(fabrikam)).toMatch(new RegExp(`^Give .*${OWN_APP_OBJECT}.* AcrPull`));
    await whileIt('fabrikam', { roleAssignmentMode: 'AbacRepositoryPermissions' }, async () => {
      expect(await hintOf(fabrikam)).toMatch(/^Give .* Container Registry Repository Reader to pull/);
    });
    expect(await hintOf({ url: UNREADABLE, registryId: registryId('northwind') })).toContain('role Reader on the registry');
  });

  test.for([
    { what: 'throttles', mood: oddities.throttle('7'), verdict: 'rate_limited' },
    { what: 'is out of order', mood: oddities.status(503), verdict: 'unreachable' },
    {
      what: 'answers with no registry',
      mood: oddities.status(200, { 'content-type': 'application/json' }, '{}'),
      verdict: 'misconfigured',
    },
    { what: 'does not take the token', mood: oddities.status(401, {}, '{}'), verdict: 'misconfigured' },
  ])('Resource Manager that $what', async ({ mood, verdict }) => {
    azure.hosts.moods.set(ARM, mood);

    expect((await check()).json).toMatchObject({ verdict });
  });
});

describe('what the registry itself is like', () => {
  test('its admin user, and that anybody may pull, are warned of', async () => {
    await whileIt('contoso', { adminUserEnabled: true, anonymousPullEnabled: true }, async () => {
      expect(warningCodes(await check())).toEqual(['ADMIN_USER_ENABLED', 'ANONYMOUS_PULL']);
    });
  });

  test('where it judges by repository, that is said, and which role is missing where one is refused', async () => {
    const repositories = [{ name: 'other/app', actions: ['pull'] }];

    await whileIt('contoso', { roleAssignmentMode: 'AbacRepositoryPermissions' }, async () => {
      const reply = await check({ repositories });

      expect(warningCodes(reply)).toEqual(['ABAC_PERMISSIONS']);
      expect(reply.json.capabilities).toEqual([
        expect.objectContaining({ pull: 'no', reason: expect.stringContaining('Container Registry Repository Reader') }),
      ]);
    });
    expect((await check({ repositories })).json.capabilities[0].reason).toMatch(/AcrPull to pull/);
  });
});

describe('a project that may not touch the registry', () => {
  test('gets none of it: not by create, not by a check, not by a change, not by a hand-out after the policy dropped it', async () => {
    await using before = await start([REGISTRY_ID]);
    const kept = (await create({}, before)).json;
    expect((await handOut(kept.id, {}, before)).status).toBe(200);
    const { data } = before;
    const patch = { url: NO_ROLE, registryId: registryId('fabrikam') };
    const changed = await before.patch(`${CREDENTIALS}/${kept.id}`, patch, { headers: { 'if-match': '*' } });
    await before.stop();
    const asked = azure.hosts.requests.length;
    await using after = await start([registryId('fabrikam')], { data });

    const replies = [
      changed,
      await create({}, after),
      await after.post(`${CREDENTIALS}?check=skip`, { name: 'unchecked', ...form() }),
      await after.post(CHECKS, form()),
      await after.post(`${CREDENTIALS}/${kept.id}/check`, {}),
      await handOut(kept.id, {}, after),
    ];

    for (const { status, json } of replies) {
      expect({ status, code: json.code }).toEqual({ status: 422, code: 'ADDRESS_BLOCKED' });
      expect(json.errors).toMatchObject([{ pointer: '/registryId', code: 'UPSTREAM_NOT_ALLOWED' }]);
    }
    expect(azure.hosts.requests.slice(asked)).toEqual([]);
    expect((await after.get(CREDENTIALS)).json.value).toHaveLength(1);
  });

  test('and none of another identity', async () => {
    const reply = await create({ clientId: APP });

    expect(reply.json.errors).toMatchObject([{ pointer: '/clientId', code: 'UPSTREAM_NOT_ALLOWED' }]);
  });
});

describe('a service that has no identity', () => {
  test('says how to give it one', async () => {
    // So that no Azure CLI of this machine is found.
    const environment = { AZURE_TENANT_ID: '', AZURE_CLIENT_ID: '', AZURE_CLIENT_SECRET: '', PATH: '/nowhere' };
    await using nobody = await start([REGISTRY_ID], { environment });

    const reply = await create({}, nobody);

    expect(outcomeOf(reply)).toEqual({ verdict: 'misconfigured', code: 'ENTRA_IDENTITY_MISSING' });
    expect(reply.json.hint).toContain('az login');
  });

  test('or whose secret is wrong: not a word of the credential', async () => {
    await using wrong = await start([REGISTRY_ID], {
      environment: { ...OWN_ENVIRONMENT, AZURE_CLIENT_SECRET: 'another-secret' },
    });

    const reply = await create({}, wrong);

    expect(outcomeOf(reply)).toEqual({ verdict: 'misconfigured', code: 'ENTRA_REFUSED' });
    expect(reply.json.detail).toContain('AADSTS7000215');
    expect(`${reply.text} ${wrong.output()}`).not.toContain('another-secret');
  });

  test('has the reason in its log, as its hints promise, and no secret that the reason repeats', async () => {
    azure.hosts.moods.set(ENTRA, (request, response) => {
      if (request.method !== 'POST') return false;
      const error = {
        error: 'invalid_client',
        error_description: `AADSTS7000215: not ${OWN_APP_SECRET}`,
        error_codes: [7000215],
      };
      response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify(error));
      return true;
    });
    await using refused = await start([REGISTRY_ID]);

    const reply = await create({}, refused);

    expect(outcomeOf(reply)).toEqual({ verdict: 'misconfigured', code: 'ENTRA_REFUSED' });
    const line = await eventually(async () => refused.output().match(/.*"event":"identity\.failed".*/)?.[0]);
    expect(line).toContain('AADSTS7000215: not [redacted]');
    expect(`${reply.text} ${refused.output()}`).not.toContain(OWN_APP_SECRET);
  });

  test('or is another one than is asked for, outside Azure', async () => {
    await using other = await start([REGISTRY_ID, APP, OWN_APP]);

    expect(await create({ clientId: OWN_APP }, other)).toMatchObject({ status: 201 });
    const reply = await create({ clientId: APP }, other);
    expect(outcomeOf(reply)).toEqual({ verdict: 'misconfigured', code: 'NOT_THAT_IDENTITY' });
  });

  test('or cannot ask Entra ID now: the standing stays as it was', async () => {
    azure.hosts.moods.set(ENTRA, oddities.status(503));
    await using down = await start([REGISTRY_ID]);
    const { json } = await down.post(`${CREDENTIALS}?check=skip`, { name: 'later', ...form() });

    const checked = await down.post(`${CREDENTIALS}/${json.id}/check`, {});

    expect(outcomeOf(checked)).toEqual({ verdict: 'unreachable', code: 'ENTRA_DOWN' });
    expect(await handOut(json.id, {}, down)).toMatchObject({ status: 502, json: { code: 'REGISTRY_UNREACHABLE' } });
    expect((await down.get(`${CREDENTIALS}/${json.id}`)).json.status.standing).toBe('unverified');
  });
});

describe('bad input', () => {
  test.for([
    { what: 'no resource id', more: { registryId: undefined, method: 'managed-identity' }, mistake: '/registryId REQUIRED' },
    { what: 'a name', more: { registryId: 'contoso' }, mistake: '/registryId NOT_A_REGISTRY_ID' },
    {
      what: 'the id of a group',
      more: { registryId: REGISTRY_ID.split('/providers')[0] },
      mistake: '/registryId NOT_A_REGISTRY_ID',
    },
    { what: 'the id of a token', more: { registryId: `${REGISTRY_ID}/tokens/ci` }, mistake: '/registryId NOT_A_REGISTRY_ID' },
    {
      what: 'a way out of the id',
      more: { registryId: REGISTRY_ID.replace('images', '..%2f') },
      mistake: '/registryId NOT_A_REGISTRY_ID',
    },
    {
      what: 'a subscription by name',
      more: { registryId: REGISTRY_ID.replace(/[0-9a-f]{8}-[^/]+/, 'mine') },
      mistake: '/registryId NOT_A_REGISTRY_ID',
    },
    { what: 'a name for the identity', more: { clientId: 'regcred' }, mistake: '/clientId NOT_A_GUID' },
    { what: 'the null GUID', more: { clientId: NULL_GUID }, mistake: '/clientId SHORT_LIVED' },
    { what: 'no address', more: { url: undefined, provider: 'acr' }, mistake: '/url REQUIRED' },
    { what: 'another host', more: { url: 'registry.example.com', provider: 'acr' }, mistake: '/url NOT_A_LOGIN_SERVER' },
    { what: 'a secret', more: { clientSecret: OWN_APP_SECRET }, mistake: '/clientSecret UNKNOWN_FIELD' },
    { what: 'a tenant', more: { tenantId: TENANT }, mistake: '/tenantId UNKNOWN_FIELD' },
  ])('$what: $mistake', async ({ more, mistake }) => {
    expect(mistakesOf(await check(more))).toEqual([mistake]);
  });
});

test('no token is in the log', async () => {
  await create();

  expect(service.output()).toContain('regcred runs at');
  expect(service.output()).not.toMatch(/eyJ[\w-]{20}/);
  expect(service.output()).not.toContain(OWN_APP_SECRET);
});
