import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../../documented-service.ts';
import type { Entra } from '../../peers/entra.ts';
import { AUDIENCE_CLAIM, createOwnEntra, ISSUER, OWN_ENVIRONMENT, OWN_OBJECT, trustInGoogle } from '../../peers/federation.ts';
import { GOOGLE_HOSTS, startGoogle, type Google } from '../../peers/google.ts';
import { exchangeTokens, generateAccessTokens } from '../../peers/google-federation.ts';
import { startNamedHosts, type NamedHosts } from '../../peers/named-hosts.ts';
import { oddities } from '../../peers/oddities.ts';
import type { Service } from '../../service.ts';
import { temporaryFolder } from '../../stores/temporary-folder.ts';
import { CHECKS, CREDENTIALS, dockerConfigOf, mistakesOf, outcomeOf, warningCodes } from '../product-service.ts';

const POOL = 'projects/123456789012/locations/global/workloadIdentityPools/my-pool';
const PROVIDER = `${POOL}/providers/regcred`;
const ACCOUNT = 'image-pull@my-project.iam.gserviceaccount.com';
const PROJECT = { name: 'default', environments: ['dev'], upstreams: ['projects/my-project'] };

let google: Google;
let entra: Entra;
let microsoft: NamedHosts;
let service: Service;

interface Start {
  project?: object;
  environment?: Record<string, string>;
  data?: string;
  /** Further hosts. */
  also?: NamedHosts;
}

function startWith({ project = PROJECT, environment = OWN_ENVIRONMENT, data, also }: Start = {}): Promise<Service> {
  const reached = [google.hosts, microsoft, ...(also ? [also] : [])].map(({ network }) => network);
  const connectTo = Object.assign({}, ...reached.map(({ connectTo }) => connectTo)) as Record<string, string>;
  const network = { connectTo, ca: reached.map(({ ca }) => ca).join('\n') };
  return startDocumentedService({ environment, policy: { projects: [project], network }, ...(data && { data }) });
}

beforeAll(async () => {
  google = await startGoogle();
  entra = createOwnEntra();
  microsoft = await startNamedHosts({ 'login.microsoftonline.com': entra.handle });
  google.accounts.set(ACCOUNT, new Set([trustInGoogle(google, entra, PROVIDER)]));
  service = await startWith();
});
afterEach(() => {
  google.hosts.moods.clear();
  microsoft.moods.clear();
  google.disabled.clear();
  trustInGoogle(google, entra, PROVIDER);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await microsoft[Symbol.asyncDispose]();
  await google[Symbol.asyncDispose]();
});

const form = (more: object = {}) => ({
  url: `${GOOGLE_HOSTS.registry}/my-project/app`,
  identityProvider: PROVIDER,
  serviceAccount: ACCOUNT,
  ...more,
});

describe('google/workload-identity', () => {
  test('stores an account without a secret, and hands out a token of an hour', async () => {
    const reply = await service.post(CREDENTIALS, { name: 'Federated', ...form() });

    expect(reply).toMatchObject({
      status: 201,
      json: {
        provider: 'google',
        method: 'workload-identity',
        identityProvider: PROVIDER,
        serviceAccount: ACCOUNT,
        username: ACCOUNT,
        active: { expiresAt: null },
        status: { standing: 'accepted' },
        warnings: [],
      },
    });
    const handed = await service.post(`${CREDENTIALS}/${reply.json.id}/login`);
    const { username, password } = handed.json.value;
    expect(username).toBe('oauth2accesstoken');
    // The end is Google's word.
    expect(new Date(handed.json.expiresAt).getTime()).toBe(google.tokens.get(password));
    for (const token of [...google.principals.keys(), ...google.tokens.keys()]) {
      expect(service.output() + reply.text).not.toContain(token);
    }
    expect(service.output() + reply.text + handed.text).not.toMatch(/eyJ|Q~a-client/);
  });

  test('makes one token for a thousand hand-outs at once', async () => {
    const { json } = await service.post(`${CREDENTIALS}?check=skip`, { name: 'For many', ...form() });
    const before = google.hosts.requests.length;

    const replies = await Promise.all(Array.from({ length: 1000 }, () => service.post(`${CREDENTIALS}/${json.id}/login`)));

    expect(new Set(replies.map(({ json }) => json.value.password)).size).toBe(1);
    const hosts = google.hosts.requests.slice(before).map(({ host }) => host);
    expect(hosts).toEqual([GOOGLE_HOSTS.exchange, GOOGLE_HOSTS.accounts]);
  });

  test('hands out the token that is kept while Google or Entra ID is down', async () => {
    const { json } = await service.post(`${CREDENTIALS}?check=skip`, { name: 'Kept', ...form() });
    const first = await service.post(`${CREDENTIALS}/${json.id}/login`);

    google.hosts.moods.set(GOOGLE_HOSTS.exchange, oddities.status(503));
    microsoft.moods.set('login.microsoftonline.com', oddities.hangUp());
    const kept = await service.post(`${CREDENTIALS}/${json.id}/login`);
    const fresh = await service.post(`${CREDENTIALS}/${json.id}/login`, { fresh: true });

    expect(kept.json.value).toEqual(first.json.value);
    expect(fresh).toMatchObject({ status: 502, json: { code: 'REGISTRY_UNREACHABLE' } });
  });

  test.for([
    `//iam.googleapis.com/${PROVIDER}`,
    `https://iam.googleapis.com/${PROVIDER}`,
    `https://iam.googleapis.com/v1/${PROVIDER}/`,
    ` ${PROVIDER} `,
  ])('takes the provider as it is pasted: %s', async (identityProvider) => {
    const name = `Pasted ${identityProvider.length}`;
    const reply = await service.post(`${CREDENTIALS}?check=skip`, { name, ...form({ identityProvider }) });

    expect(reply).toMatchObject({ status: 201, json: { identityProvider: PROVIDER } });
  });

  test('asks the services of the universe that the registry is in, and no others', async () => {
    await using cloud = await startNamedHosts({
      'sts.s3nsapis.fr': (request, response) => void exchangeTokens(google, request, response),
      'iamcredentials.s3nsapis.fr': (request, response) => void generateAccessTokens(google, request, response),
    });
    const serviceAccount = ACCOUNT.replace('my-project.', 'my-project.s3ns.');
    google.accounts.set(serviceAccount, new Set([trustInGoogle(google, entra, PROVIDER)]));
    await using there = await startWith({ project: { ...PROJECT, upstreams: ['projects/s3ns:my-project'] }, also: cloud });
    const before = google.hosts.requests.length;

    const config = await dockerConfigOf(there, form({ url: 'docker.s3nsregistry.fr', serviceAccount }));

    expect(google.tokens.has(config['docker.s3nsregistry.fr']?.password ?? '')).toBe(true);
    expect(cloud.requests.map(({ host }) => host)).toEqual(cloud.names);
    expect(google.hosts.requests.length).toBe(before);
  });

  test('says what the login may do in a repository', async () => {
    const repositories = [{ name: 'my-project/app', actions: ['pull', 'push'] }];

    const reply = await service.post(CHECKS, { ...form(), repositories });

    expect(reply.json.capabilities).toMatchObject([{ repository: 'my-project/app', pull: 'yes', push: 'yes' }]);
    expect(warningCodes(reply)).toEqual([]);
  });
});

function provider() {
  const known = google.identityProviders.get(PROVIDER);
  if (!known) throw new Error('Google has no such provider.');
  return known;
}

describe('what Google refuses is told apart', () => {
  const claims = [ISSUER, AUDIENCE_CLAIM, OWN_OBJECT];

  test.for<[string, () => object, { verdict: string; code: string }, string[]]>([
    [
      'a pool that is not there',
      () => ({ identityProvider: PROVIDER.replace('my-pool', 'no-pool') }),
      { verdict: 'invalid_credentials', code: 'IDENTITY_PROVIDER_UNKNOWN' },
      [],
    ],
    [
      'a provider that is disabled',
      () => {
        google.identityProviders.delete(PROVIDER);
        return {};
      },
      { verdict: 'invalid_credentials', code: 'IDENTITY_PROVIDER_UNKNOWN' },
      [],
    ],
    [
      'another audience',
      () => {
        provider().audiences = ['api://another'];
        return {};
      },
      { verdict: 'insufficient_permission', code: 'TOKEN_NOT_TRUSTED' },
      claims,
    ],
    [
      'another issuer',
      () => {
        provider().issuer = 'https://login.microsoftonline.com/another/v2.0';
        return {};
      },
      { verdict: 'insufficient_permission', code: 'TOKEN_NOT_TRUSTED' },
      claims,
    ],
    [
      'an attribute condition',
      () => {
        provider().condition = ({ sub }) => sub === 'somebody-else';
        return {};
      },
      { verdict: 'insufficient_permission', code: 'CONDITION_REFUSED' },
      claims,
    ],
    [
      'an account that does not let regcred be it',
      () => ({ serviceAccount: 'image-push@my-project.iam.gserviceaccount.com' }),
      { verdict: 'insufficient_permission', code: 'ACCOUNT_NOT_GRANTED' },
      ['roles/iam.workloadIdentityUser', `principal://iam.googleapis.com/${POOL}/subject/${OWN_OBJECT}`],
    ],
    [
      'an API that is off',
      () => {
        google.disabled.add(GOOGLE_HOSTS.accounts);
        return {};
      },
      { verdict: 'misconfigured', code: 'API_DISABLED' },
      [GOOGLE_HOSTS.accounts],
    ],
    [
      'the token service being off',
      () => {
        google.disabled.add(GOOGLE_HOSTS.exchange);
        return {};
      },
      { verdict: 'misconfigured', code: 'API_DISABLED' },
      [GOOGLE_HOSTS.exchange],
    ],
  ])('%s', async ([, arrange, expected, says]) => {
    const reply = await service.post(CHECKS, form(arrange()));

    expect(outcomeOf(reply)).toEqual(expected);
    const { hint } = reply.json.stages.find(({ outcome }: { outcome: string }) => outcome === 'failed');
    for (const text of says) expect(hint).toContain(text);
    expect(reply.text).not.toMatch(/eyJ|ya29/);
  });

  test('the binding of the hint is what was missing', async () => {
    const serviceAccount = 'image-push@my-project.iam.gserviceaccount.com';
    const refused = await service.post(CHECKS, form({ serviceAccount }));
    const [principal = ''] = /principal:\/\/[^"\s]+/.exec(refused.text) ?? [];

    google.accounts.set(serviceAccount, new Set([principal]));

    expect(outcomeOf(await service.post(CHECKS, form({ serviceAccount })))).toEqual({ verdict: 'valid' });
    google.accounts.delete(serviceAccount);
  });

  test.for<[string, Record<string, string>, string, string]>([
    ['no app', { PATH: '/nowhere' }, 'misconfigured', 'ENTRA_IDENTITY_MISSING'],
    ['a wrong secret', { ...OWN_ENVIRONMENT, AZURE_CLIENT_SECRET: 'wrong' }, 'misconfigured', 'ENTRA_REFUSED'],
  ])('regcred itself having %s', async ([, environment, verdict, code]) => {
    await using alone = await startWith({ environment });

    expect(outcomeOf(await alone.post(CHECKS, form()))).toEqual({ verdict, code });
  });
});

describe('what the project may not have regcred touch', () => {
  const blocked = { code: 'ADDRESS_BLOCKED', errors: [{ pointer: '/serviceAccount', code: 'UPSTREAM_NOT_ALLOWED' }] };
  const serviceAccount = 'image-pull@my-project-2.iam.gserviceaccount.com';

  test('is refused before anybody is asked', async () => {
    const { json } = await service.post(`${CREDENTIALS}?check=skip`, { name: 'Beside', ...form() });
    const path = `${CREDENTIALS}/${json.id}`;
    const before = google.hosts.requests.length;

    for (const reply of [
      await service.post(CHECKS, form({ serviceAccount })),
      await service.post(CREDENTIALS, { name: 'Elsewhere', ...form({ serviceAccount }) }),
      await service.post(`${CREDENTIALS}?check=skip`, { name: 'Elsewhere', ...form({ serviceAccount }) }),
      await service.patch(path, { serviceAccount }, { headers: { 'if-match': '"1"' } }),
      await service.patch(`${path}?check=skip`, { serviceAccount }, { headers: { 'if-match': '"1"' } }),
    ]) {
      expect(reply).toMatchObject({ status: 422, json: blocked });
    }
    expect(google.hosts.requests.length).toBe(before);
    expect((await service.get(path)).json.serviceAccount).toBe(ACCOUNT);
  });

  test.for([
    ['image-pull@my-project.s3ns.iam.gserviceaccount.com', 'docker.s3nsregistry.fr', 'projects/s3ns:my-project'],
    ['image-pull@my-project.example.com.iam.gserviceaccount.com', form().url, 'projects/example.com:my-project'],
  ])('is also a project of the same name elsewhere: %s', async ([serviceAccount, url, project]) => {
    const reply = await service.post(CHECKS, form({ url, serviceAccount }));

    expect(reply).toMatchObject({ status: 422, json: blocked });
    expect(reply.json.hint).toContain(`${project}/serviceAccounts/${serviceAccount}`);
  });

  test('is refused also where it was allowed when it was stored', async () => {
    await using folder = await temporaryFolder();
    const first = await startWith({ data: folder.path });
    const { json } = await first.post(CREDENTIALS, { name: 'Dropped', ...form() });
    await first.stop();

    const upstreams = ['projects/my-project/serviceAccounts/another@my-project.iam.gserviceaccount.com'];
    await using second = await startWith({ data: folder.path, project: { ...PROJECT, upstreams } });

    expect(await second.post(`${CREDENTIALS}/${json.id}/login`)).toMatchObject({ status: 422, json: blocked });
    expect(await second.post(`${CREDENTIALS}/${json.id}/check`)).toMatchObject({ status: 422, json: blocked });
  });
});

describe('a mistake in the form', () => {
  test.for<[string, object, string]>([
    ['no provider', { identityProvider: undefined }, '/identityProvider REQUIRED'],
    ['an empty provider', { identityProvider: '' }, '/identityProvider IDENTITY_PROVIDER'],
    ['a pool', { identityProvider: POOL }, '/identityProvider IDENTITY_PROVIDER'],
    [
      'a project by its id',
      { identityProvider: PROVIDER.replace('123456789012', 'my-project') },
      '/identityProvider PROJECT_NUMBER',
    ],
    ['another location', { identityProvider: PROVIDER.replace('global', 'europe-west1') }, '/identityProvider IDENTITY_PROVIDER'],
    ['a provider elsewhere', { identityProvider: `https://evil.example/${PROVIDER}` }, '/identityProvider IDENTITY_PROVIDER'],
    ['a provider in quotes', { identityProvider: `"${PROVIDER}"` }, '/identityProvider QUOTED'],
    ['a provider with a space', { identityProvider: PROVIDER.replace('/pro', '/ pro') }, '/identityProvider SPACES'],
    ['a number', { identityProvider: 7 }, '/identityProvider WRONG_TYPE'],
    ['no account', { serviceAccount: undefined }, '/serviceAccount REQUIRED'],
    ['the email of a person', { serviceAccount: 'ci@example.com' }, '/serviceAccount SERVICE_ACCOUNT'],
    ['an account by its number', { serviceAccount: '100000000000000000000' }, '/serviceAccount SERVICE_ACCOUNT'],
    [
      'an account that Google made',
      { serviceAccount: '123456789012-compute@developer.gserviceaccount.com' },
      '/serviceAccount SERVICE_ACCOUNT',
    ],
    ['an account with a way out', { serviceAccount: `${ACCOUNT}/../x` }, '/serviceAccount SERVICE_ACCOUNT'],
    ['an account in quotes', { serviceAccount: `'${ACCOUNT}'` }, '/serviceAccount QUOTED'],
    ['an access token', { serviceAccount: `ya29.${'a1'.repeat(20)}` }, '/serviceAccount WRONG_TOKEN'],
    ['a key file, too', { keyFile: '{}' }, '/keyFile UNKNOWN_FIELD'],
    ['another address', { url: 'ghcr.io', provider: 'google' }, '/provider CONTRADICTION'],
    ['a registry of another universe', { url: 'docker.s3nsregistry.fr' }, '/serviceAccount OTHER_UNIVERSE'],
    [
      'an account of another universe',
      { serviceAccount: ACCOUNT.replace('my-project.', 'my-project.s3ns.') },
      '/serviceAccount OTHER_UNIVERSE',
    ],
    [
      "one of Google's own agents",
      { serviceAccount: 'service-123456789012@gcp-sa-artifactregistry.iam.gserviceaccount.com' },
      '/serviceAccount SERVICE_ACCOUNT',
    ],
  ])('is named by its field: %s', async ([, more, mistake]) => {
    const before = google.hosts.requests.length;

    const reply = await service.post(CHECKS, form(more));

    expect(mistakesOf(reply)).toEqual([mistake]);
    expect(reply.json.errors[0].hint).toMatch(/\w/);
    expect(google.hosts.requests.length).toBe(before);
  });
});
