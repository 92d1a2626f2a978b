import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkLogin } from '../../../shared/domain/check-credential.ts';
import { createCredential } from '../../../shared/domain/create-credential.ts';
import { handOut } from '../../../shared/domain/hand-out.ts';
import { runInvocation } from '../../../shared/lib/invocation.ts';
import { NULL_GUID } from '../../../shared/providers/acr/guid.ts';
import { startDocumentedService } from '../../documented-service.ts';
import { ADMIN, openApp, type OpenApp } from '../../domain/open-app.ts';
import {
  APP,
  DISABLED_APP,
  ENTRA,
  FOREIGN_APP,
  IDENTITIES,
  OTHER_TENANT,
  OWN_ENVIRONMENT,
  OWN_IDENTITY,
  OWN_IDENTITY_OBJECT,
  REGISTRY,
  startAzure,
  TENANT,
  TRUSTING_APP,
  TRUSTING_APP_WITHOUT_ROLE,
  type Azure,
} from '../../peers/azure.ts';
import { startPlatform, type Platform } from '../../peers/managed-identity.ts';
import { oddities } from '../../peers/oddities.ts';
import { CHECKS, CREDENTIALS, mistakesOf, outcomeOf } from '../product-service.ts';

/** A registry of the other tenant, which knows the app of this one. */
const ABROAD = 'fabrikam.azurecr.io';
const UNKNOWN_APP = '3f2b8c1e-5d47-4a90-9b6e-ffffffffffff';
const UPSTREAMS = [TRUSTING_APP, TRUSTING_APP_WITHOUT_ROLE, APP, DISABLED_APP, FOREIGN_APP, UNKNOWN_APP];

let azure: Azure;
let platform: Platform;
let open: OpenApp;
beforeAll(async () => {
  azure = await startAzure({ others: { [ABROAD]: { tenantId: OTHER_TENANT, roles: { [TRUSTING_APP]: {} } } } });
  platform = await startPlatform({ entra: azure.entra, identities: IDENTITIES });
  open = await openApp(() => ({ identity: platform.identityOf(OWN_IDENTITY) }), policy(UPSTREAMS));
});
afterAll(async () => {
  await open[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
  await azure[Symbol.asyncDispose]();
});
afterEach(() => azure.hosts.moods.clear());

const policy = (upstreams: string[]) => ({
  projects: [{ name: 'default', environments: ['dev'], upstreams }],
  network: azure.hosts.network,
});
const ASKING = { project: 'default', caller: ADMIN };
const form = (more: object = {}) => ({
  provider: 'acr',
  method: 'workload-identity',
  url: REGISTRY,
  tenantId: TENANT,
  clientId: TRUSTING_APP,
  ...more,
});
/** As a request of the API does it, in this process, where the service can be a managed identity. */
const asRequest = <T>(run: () => Promise<T>) => runInvocation({ requestId: 'test', write: () => {} }, run);
const check = (more: object = {}) => asRequest(() => checkLogin(open.app, ASKING, form(more)));
const create = (more: object = {}) =>
  asRequest(() => createCredential(open.app, { ...ASKING, check: 'live' }, { name: 'abroad', ...form(more) }));

describe('an app that trusts the managed identity of regcred', () => {
  test('is accepted', async () => {
    expect(await check()).toMatchObject({ verdict: 'valid', warnings: [] });
  });

  test('also at a registry of another tenant, where the app is known', async () => {
    expect(await check({ url: ABROAD, tenantId: OTHER_TENANT })).toMatchObject({ verdict: 'valid' });
    expect(failedStage(await check({ url: ABROAD }))).toMatchObject({ code: 'ACR_NO_ROLE' });
  });

  test('hands out logins of some hours that hold nothing of regcred', async () => {
    const { credential } = await create();
    const address = { ...ASKING, id: credential.id };

    const whole = await asRequest(() => handOut(open.app, address, { format: 'login', fresh: false, environment: 'dev' }));
    const narrow = await asRequest(() =>
      handOut(open.app, address, {
        format: 'login',
        fresh: false,
        environment: 'dev',
        repositories: ['team/app'],
        actions: ['pull'],
      }),
    );

    expect(whole).toMatchObject({ scope: 'unrestricted', value: { username: NULL_GUID } });
    expect(narrow).toMatchObject({ scope: 'restricted', value: { username: NULL_GUID } });
    const repositories = [{ name: 'team/app', actions: ['pull', 'push'] }];
    const used = { provider: 'generic', url: REGISTRY, ...(narrow.value as object), repositories };
    expect(await asRequest(() => checkLogin(open.app, ASKING, used))).toMatchObject({
      capabilities: [{ repository: 'team/app', pull: 'yes', push: 'no' }],
    });
  });
});

describe('what is wrong is told apart', () => {
  test.for([
    {
      what: 'an app without a role',
      more: { clientId: TRUSTING_APP_WITHOUT_ROLE },
      code: 'ACR_NO_ROLE',
      verdict: 'insufficient_permission',
    },
    { what: 'an app that trusts nobody', more: { clientId: APP }, code: 'ENTRA_NOT_FEDERATED', verdict: 'invalid_credentials' },
    {
      what: 'an app that nobody knows',
      more: { clientId: UNKNOWN_APP },
      code: 'ENTRA_UNKNOWN_APP',
      verdict: 'invalid_credentials',
    },
    { what: 'a disabled app', more: { clientId: DISABLED_APP }, code: 'ENTRA_APP_DISABLED', verdict: 'insufficient_permission' },
    {
      what: 'an app of another tenant',
      more: { clientId: FOREIGN_APP },
      code: 'ENTRA_OTHER_TENANT',
      verdict: 'invalid_credentials',
    },
    {
      what: 'a tenant that nobody knows',
      more: { tenantId: UNKNOWN_APP },
      code: 'ENTRA_UNKNOWN_TENANT',
      verdict: 'invalid_credentials',
    },
  ])('$what: $code', async ({ more, code, verdict }) => {
    const result = await check(more);

    expect(result.verdict).toBe(verdict);
    expect(failedStage(result)).toMatchObject({ stage: 'identity', code, hint: expect.stringMatching(/\w/) });
  });

  test('and what the federated credential must say', async () => {
    const { hint } = failedStage(await check({ clientId: APP })) ?? {};

    expect(hint).toContain(`Issuer: https://login.microsoftonline.com/${TENANT}/v2.0. Subject: ${OWN_IDENTITY_OBJECT}.`);
    expect(hint).toContain('Audience: api://AzureADTokenExchange.');
  });

  test.for([70021, 700211, 700212, 7002138])('AADSTS%d says that no federated credential fits', async (number) => {
    azure.hosts.moods.set(ENTRA, oddities.status(401, {}, JSON.stringify({ error: 'invalid_client', error_codes: [number] })));

    expect(failedStage(await check())).toMatchObject({ code: 'ENTRA_NOT_FEDERATED' });
  });

  test('an answer that nobody knows says nothing of the app', async () => {
    azure.hosts.moods.set(ENTRA, oddities.status(400, {}, JSON.stringify({ error: 'invalid_request', error_codes: [500011] })));

    expect(await check()).toMatchObject({ verdict: 'misconfigured' });
  });
});

describe('a project that may not use the app', () => {
  test('gets nothing of it, and the field is named', async () => {
    await using closed = await openApp(() => ({ identity: platform.identityOf(OWN_IDENTITY) }), policy([APP]));
    const before = azure.hosts.requests.length;

    const checking = asRequest(() => checkLogin(closed.app, ASKING, form()));

    await expect(checking).rejects.toMatchObject({
      code: 'ADDRESS_BLOCKED',
      details: { errors: [{ pointer: '/clientId', code: 'UPSTREAM_NOT_ALLOWED' }] },
    });
    expect(azure.hosts.requests.length).toBe(before);
  });
});

describe('the API', () => {
  test('outside Azure says that no app can trust the service', async () => {
    await using service = await startDocumentedService({ policy: policy(UPSTREAMS), environment: OWN_ENVIRONMENT });

    const reply = await service.post(CREDENTIALS, { name: 'abroad', ...form() });

    expect(outcomeOf(reply)).toEqual({ verdict: 'misconfigured', code: 'ENTRA_NOT_MANAGED' });
    expect((await service.get(CREDENTIALS)).json.value).toEqual([]);
    expect(service.output()).not.toMatch(/eyJ[\w-]{20}/);
  });

  test('names what is wrong with a form', async () => {
    await using service = await startDocumentedService({ policy: policy(UPSTREAMS) });
    const mistakes = async (more: object) => mistakesOf(await service.post(CHECKS, form(more)));

    expect(await mistakes({ tenantId: undefined })).toEqual(['/tenantId REQUIRED']);
    expect(await mistakes({ tenantId: 'common' })).toEqual(['/tenantId NOT_A_TENANT']);
    expect(await mistakes({ clientId: undefined })).toEqual(['/clientId REQUIRED']);
    expect(await mistakes({ clientId: 'api://my-app' })).toEqual(['/clientId NOT_A_GUID']);
    expect(await mistakes({ clientSecret: 'a-secret' })).toEqual(['/clientSecret UNKNOWN_FIELD']);
    expect(await mistakes({ url: 'registry.example.com' })).toEqual(['/url NOT_A_LOGIN_SERVER']);
  });
});

function failedStage({ stages }: Awaited<ReturnType<typeof checkLogin>>) {
  return stages.find(({ outcome }) => outcome === 'failed');
}
