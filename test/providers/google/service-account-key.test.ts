import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GOOGLE_HOSTS, startGoogle, type Google } from '../../peers/google.ts';
import { newGoogleKey, type GoogleKey } from '../../peers/google-key.ts';
import { at, oddities } from '../../peers/oddities.ts';
import type { Service } from '../../service.ts';
import { CHECKS, CREDENTIALS, dockerConfigOf, mistakesOf, outcomeOf, startServiceFor, warningCodes } from '../product-service.ts';

const DAY = 86_400_000;
/** Certificates know no milliseconds. */
const SOON = new Date(Math.floor((Date.now() + 10 * DAY) / 1000) * 1000);

let google: Google;
let service: Service;
let key: GoogleKey;
let text: string;
beforeAll(async () => {
  google = await startGoogle();
  key = google.addKey();
  text = JSON.stringify(key.file);
  service = await startServiceFor(google.hosts);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await google[Symbol.asyncDispose]();
});

const form = (more: object = {}) => ({ url: `${GOOGLE_HOSTS.registry}/my-project/app`, keyFile: text, ...more });
/** The lines of a private key that no reply may have. */
const lines = ({ file }: GoogleKey) => file.private_key.split('\n').slice(1, -2);

describe('google/service-account-key', () => {
  test('stores a key with its account and its id, and hands it out on one line', async () => {
    const reply = await service.post(CREDENTIALS, { name: 'Google', ...form({ keyFile: JSON.stringify(key.file, null, 2) }) });

    expect(reply).toMatchObject({
      status: 201,
      json: {
        provider: 'google',
        method: 'service-account-key',
        url: `${GOOGLE_HOSTS.registry}/my-project/app`,
        loginAs: '_json_key',
        username: key.file.client_email,
        active: { upstreamId: key.file.private_key_id, expiresAt: null },
        status: { standing: 'accepted' },
      },
    });
    const handed = await service.post(`${CREDENTIALS}/${reply.json.id}/login`);
    const { username, password } = handed.json.value;
    expect(username).toBe('_json_key');
    expect(password).not.toContain('\n');
    expect(JSON.parse(password)).toEqual(key.file);
    for (const line of lines(key)) expect(service.output() + reply.text).not.toContain(line);
  });

  test('hands the key out in base64 where that was chosen', async () => {
    const { [GOOGLE_HOSTS.registry]: login } = await dockerConfigOf(service, form({ loginAs: '_json_key_base64' }));

    expect(login?.username).toBe('_json_key_base64');
    expect(JSON.parse(Buffer.from(login?.password ?? '', 'base64').toString('utf8'))).toEqual(key.file);
  });

  test('hands out a token of an hour in place of the key, and keeps it', async () => {
    const body = { name: 'Google tokens', ...form({ loginAs: 'oauth2accesstoken' }) };
    const { status, json } = await service.post(CREDENTIALS, body);

    const [first, second] = [
      await service.post(`${CREDENTIALS}/${json.id}/login`),
      await service.post(`${CREDENTIALS}/${json.id}/login`),
    ];

    expect(status).toBe(201);
    expect(first.json.value.username).toBe('oauth2accesstoken');
    expect(google.tokens.has(first.json.value.password)).toBe(true);
    expect(second.json.value).toEqual(first.json.value);
    const left = new Date(first.json.expiresAt).getTime() - Date.now();
    expect(left).toBeGreaterThan(50 * 60_000);
    expect(left).toBeLessThan(61 * 60_000);
  });

  test.for(['_json_key', 'oauth2accesstoken'])('asks no more than it needs as %s', async (loginAs) => {
    const before = google.hosts.requests.length;

    const reply = await service.post(CHECKS, form({ loginAs }));

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(google.hosts.requests.slice(before).map(({ host }) => host)).toEqual([
      GOOGLE_HOSTS.registry,
      GOOGLE_HOSTS.certificates,
      GOOGLE_HOSTS.tokens,
      GOOGLE_HOSTS.registry,
      GOOGLE_HOSTS.registry,
    ]);
  });

  test.for(['_json_key', 'oauth2accesstoken'] as const)('tells what is wrong with a key as %s', async (loginAs) => {
    const deleted = google.addKey();
    google.keys.delete(deleted.file.private_key_id);
    const ended = google.addKey(new Date(Date.now() - DAY));
    const stranger = { ...key.file, client_email: 'other@my-project.iam.gserviceaccount.com' };
    const check = async (file: object) => outcomeOf(await service.post(CHECKS, form({ loginAs, keyFile: JSON.stringify(file) })));

    expect(await check(deleted.file)).toEqual({ verdict: 'invalid_credentials', code: 'KEY_REFUSED' });
    expect(await check(stranger)).toEqual({ verdict: 'invalid_credentials', code: 'ACCOUNT_NOT_FOUND' });
    expect(await check(ended.file)).toEqual({ verdict: 'expired', code: 'KEY_EXPIRED' });
  });

  test('does not blame the key for a wrong clock', async () => {
    google.clock.ahead = DAY;
    const reply = await service.post(CHECKS, form({ loginAs: 'oauth2accesstoken' }));
    google.clock.ahead = 0;

    expect(outcomeOf(reply)).toEqual({ verdict: 'unreachable', code: 'CLOCK_SKEW' });
  });

  test('knows the end of a key, and warns before it comes and where there is none', async () => {
    const ending = google.addKey(SOON);

    const stored = await service.post(CREDENTIALS, { name: 'Ending', ...form({ keyFile: JSON.stringify(ending.file) }) });
    const lasting = await service.post(CHECKS, form());

    expect(stored.json.active.expiresAt).toBe(SOON.toISOString());
    expect(warningCodes(stored)).toContain('EXPIRES_SOON');
    expect(warningCodes(lasting)).toEqual(['NEVER_EXPIRES']);
  });

  test('lets the registry decide while the token service is down, and says so', async () => {
    google.hosts.moods.set(GOOGLE_HOSTS.tokens, oddities.status(503));
    const right = await service.post(CHECKS, form());
    const wrong = await service.post(
      CHECKS,
      form({ keyFile: JSON.stringify({ ...key.file, private_key: newGoogleKey().file.private_key }) }),
    );
    const minted = await service.post(CHECKS, form({ loginAs: 'oauth2accesstoken' }));
    google.hosts.moods.delete(GOOGLE_HOSTS.tokens);

    expect(outcomeOf(right)).toEqual({ verdict: 'valid' });
    expect(warningCodes(right)).toContain('GOOGLE_DOWN');
    expect(outcomeOf(wrong)).toEqual({ verdict: 'invalid_credentials', code: 'LOGIN_REFUSED' });
    expect(outcomeOf(minted)).toEqual({ verdict: 'unreachable', code: 'SERVER_ERROR' });
  });

  test('asks the token service of Google, whatever else the key file says', async () => {
    const old = { ...key.file, token_uri: 'https://accounts.google.com/o/oauth2/token' };
    const before = google.hosts.requests.length;

    expect(outcomeOf(await service.post(CHECKS, form({ keyFile: JSON.stringify(old) })))).toEqual({ verdict: 'valid' });

    const posts = google.hosts.requests.slice(before).filter(({ method }) => method === 'POST');
    expect(posts.map(({ host }) => host)).toEqual([GOOGLE_HOSTS.tokens]);
  });

  test('sends no key to another cloud', async () => {
    const before = google.hosts.requests.length;

    const reply = await service.post(
      CHECKS,
      form({ keyFile: JSON.stringify({ ...key.file, universe_domain: 's3nsapis.fr', token_uri: undefined }) }),
    );

    expect(outcomeOf(reply)).toEqual({ verdict: 'invalid_credentials', code: 'OTHER_UNIVERSE' });
    expect(google.hosts.requests.slice(before).filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });

  test('says what the login may do in a repository', async () => {
    const repositories = [{ name: 'my-project/app', actions: ['pull', 'push'] }];

    const reply = await service.post(CHECKS, { ...form(), repositories });

    expect(reply.json.capabilities).toMatchObject([{ repository: 'my-project/app', pull: 'yes', push: 'yes' }]);
  });

  test('refuses a registry whose token service is out of order, for the time being', async () => {
    google.hosts.moods.set(GOOGLE_HOSTS.registry, at('/v2/token', oddities.throttle('9')));
    const reply = await service.post(CREDENTIALS, { name: 'Throttled', ...form() });
    google.hosts.moods.delete(GOOGLE_HOSTS.registry);

    expect(reply).toMatchObject({ status: 503, json: { code: 'REGISTRY_THROTTLED' } });
    expect(reply.headers.get('retry-after')).toBe('9');
  });

  test.for(['_json_key', 'oauth2accesstoken'])('understands user name %s and a password', async (username) => {
    const { url } = form();

    const reply = await service.post(CHECKS, { url, username, password: text });

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
  });

  test.for(['gcp', 'GCR', 'Artifact Registry', 'google'])('is chosen as %s, too', async (provider) => {
    const reply = await service.post(`${CREDENTIALS}?check=skip`, { name: `By ${provider}`, provider, ...form() });

    expect(reply).toMatchObject({ status: 201, json: { provider: 'google', method: 'service-account-key' } });
  });

  test.for([
    ['europe-west1-docker.pkg.dev/p/r', 'europe-west1-docker.pkg.dev/p/r'],
    ['https://EUROPE-west1-docker.pkg.dev/', 'europe-west1-docker.pkg.dev'],
    ['docker.europe-west1.rep.pkg.dev', 'docker.europe-west1.rep.pkg.dev'],
    ['gcr.io/my-project', 'gcr.io/my-project'],
    ['eu.gcr.io', 'eu.gcr.io'],
    ['marketplace.gcr.io', 'marketplace.gcr.io'],
    ['docker.s3nsregistry.fr', 'docker.s3nsregistry.fr'],
  ])('takes %s for %s', async ([url, canonical]) => {
    const reply = await service.post(`${CREDENTIALS}?check=skip`, { name: `At ${url}`, ...form({ url }) });

    expect(reply).toMatchObject({ status: 201, json: { provider: 'google', url: canonical } });
  });

  test.for([
    'europe-west1-npm.pkg.dev/p/r',
    'evil.gcr.io',
    'europe-west1-docker.pkg.dev.evil.example',
    'console.cloud.google.com/artifacts',
  ])('does not take %s for an address of Google', async (url) => {
    const reply = await service.post(CHECKS, form({ url, provider: 'google' }));

    expect(mistakesOf(reply)).toEqual(['/url NOT_GOOGLE']);
  });

  test.for([
    ['a way to log in that is none', { loginAs: 'AWS' }, '/loginAs NOT_ALLOWED'],
    ['a missing key', { keyFile: undefined }, '/keyFile REQUIRED'],
    ['an empty key', { keyFile: '' }, '/keyFile TOO_SMALL'],
    ['a key that is no text', { keyFile: { type: 'service_account' } }, '/keyFile WRONG_TYPE'],
    ['a key without an end', { keyFile: 'x'.repeat(20_000) }, '/keyFile TOO_LARGE'],
    ['a token of Google', { keyFile: `ya29.${'a1'.repeat(20)}` }, '/keyFile WRONG_TOKEN'],
    ['a token of GitHub', { keyFile: `ghp_${'a1'.repeat(18)}` }, '/keyFile WRONG_TOKEN'],
    ['a file name', { keyFile: 'C:/keys/my-project.json' }, '/keyFile NOT_A_KEY_FILE'],
    ["a person's login", { keyFile: '{"type":"authorized_user","refresh_token":"1//x"}' }, '/keyFile WRONG_KEY_TYPE'],
    ['a federation', { keyFile: '{"type":"external_account","token_url":"https://evil.example"}' }, '/keyFile WRONG_KEY_TYPE'],
    ['an OAuth client', { keyFile: '{"installed":{"client_id":"x"}}' }, '/keyFile WRONG_KEY_TYPE'],
    ['half a document', { keyFile: '{"type":"service_account"}' }, '/keyFile KEY_FILE_INCOMPLETE'],
  ] as const)('refuses %s and names the field', async ([, more, mistake]) => {
    const reply = await service.post(CHECKS, form(more));

    expect(mistakesOf(reply)).toEqual([mistake]);
    expect(reply.json.errors[0].hint).toMatch(/\w/);
  });

  test.for([
    ['of another cloud', { universe_domain: 'evil.example' }, 'UNIVERSE_UNKNOWN'],
    ['with a token service of its own', { token_uri: 'https://evil.example/token' }, 'TOKEN_URI_FOREIGN'],
    ['of an account elsewhere', { client_email: 'ci@evil.example' }, 'KEY_FILE_INCOMPLETE'],
    [
      'with half a private key',
      { private_key: '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n' },
      'PRIVATE_KEY_BROKEN',
    ],
  ] as const)('refuses a key %s', async ([, more, code]) => {
    const before = google.hosts.requests.length;

    const reply = await service.post(CHECKS, form({ keyFile: JSON.stringify({ ...key.file, ...more }) }));

    expect(mistakesOf(reply)).toEqual([`/keyFile ${code}`]);
    expect(google.hosts.requests.length).toBe(before);
  });
});
