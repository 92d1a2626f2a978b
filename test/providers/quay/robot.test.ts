import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startQuay, type Quay } from '../../peers/quay.ts';
import type { Service } from '../../service.ts';
import { CHECKS, CREDENTIALS, dockerConfigOf, mistakesOf, outcomeOf, startServiceFor, warningCodes } from '../product-service.ts';

const TOKEN = 'RIGHT0RIGHT0RIGHT0RIGHT0RIGHT0RIGHT0RIGHT0';

let hosted: Quay;
let own: Quay;
let service: Service;
beforeAll(async () => {
  hosted = await startQuay({
    robots: {
      'acme+ci': { token: TOKEN, grants: { 'acme/app': ['pull', 'push'] } },
      'acme+boss': { token: TOKEN },
    },
    repositories: ['acme/app'],
  });
  own = await startQuay({ robots: { 'acme+ci': { token: TOKEN } }, host: 'quay.example.com' });
  service = await startServiceFor(hosted, own);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await hosted[Symbol.asyncDispose]();
  await own[Symbol.asyncDispose]();
});

const form = (more: object = {}) => ({ url: 'quay.io', robot: 'acme+ci', token: TOKEN, ...more });

describe('quay/robot', () => {
  test('stores a robot, and warns that its token never ends', async () => {
    const reply = await service.post(CREDENTIALS, { name: 'Quay', ...form() });

    expect(reply).toMatchObject({
      status: 201,
      json: { provider: 'quay', method: 'robot', status: { standing: 'accepted' } },
    });
    expect(reply.json.warnings).toContainEqual(expect.objectContaining({ code: 'NEVER_EXPIRES' }));
    expect(reply.text).not.toContain(TOKEN);
  });

  test.for([
    ['a user name and a password', { url: 'https://QUAY.io/acme/app', username: 'acme+ci', password: TOKEN }],
    ['another name of the provider', { provider: 'quay.io', url: 'quay.io', robot: 'acme+ci', token: TOKEN }],
    ['a Quay of its own', { provider: 'quay', url: 'quay.example.com', username: 'acme+ci', password: TOKEN }],
  ] as const)('understands %s', async ([, body]) => {
    const reply = await service.post(CHECKS, body);

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toEqual(['NEVER_EXPIRES']);
  });

  test('refuses a token that was made anew, and says so', async () => {
    const reply = await service.post(CHECKS, form({ token: 'OLD0OLD0OLD0OLD0OLD0' }));

    expect(outcomeOf(reply)).toEqual({ verdict: 'invalid_credentials', code: 'LOGIN_REFUSED' });
    expect(reply.text).toContain('made anew');
  });

  test.for([
    ['acme+ci', { pull: 'yes', push: 'yes', delete: 'no' }],
    ['acme+boss', { pull: 'yes', push: 'yes', delete: 'yes' }],
  ] as const)('tells what %s may do, in actions that Quay knows', async ([robot, answers]) => {
    const { json } = await service.post(CREDENTIALS, { name: robot, ...form({ robot }) });
    const repositories = [{ name: 'acme/app', actions: ['pull', 'push', 'delete'] }];

    const reply = await service.post(`${CREDENTIALS}/${json.id}/check`, { repositories });

    expect(reply.json.capabilities).toMatchObject([{ repository: 'acme/app', ...answers }]);
  });

  test('hands out a docker config for the host', async () => {
    const config = await dockerConfigOf(service, form({ url: 'quay.io/acme' }));

    expect(config).toEqual({ 'quay.io': { username: 'acme+ci', password: TOKEN } });
  });
});

describe('a mistake in the form of quay/robot', () => {
  test.for<[string, object, string]>([
    ['no robot', { method: 'robot', robot: undefined }, '/robot REQUIRED'],
    ['a robot without its organization', { robot: 'ci' }, '/robot WRONG_SHAPE'],
    ['a robot with its token', { robot: `acme+ci:${TOKEN}` }, '/robot COLON'],
    ['no token', { token: undefined }, '/token REQUIRED'],
    ['a token in quotes', { token: `'${TOKEN}'` }, '/token QUOTED'],
    ['a token with a space', { token: ` ${TOKEN}` }, '/token SPACES'],
    ['a token with a line break', { token: `${TOKEN}\n` }, '/token SPACES'],
    ['a token of GitLab', { token: 'glpat-Example0Example0Exam' }, '/token WRONG_TOKEN'],
    ['the id of a key of AWS', { token: 'AKIAIOSFODNN7EXAMPLE' }, '/token WRONG_TOKEN'],
    ['an address with a login', { url: 'https://a:b@quay.io' }, '/url USER_INFO'],
  ])('is named: %s', async ([, more, mistake]) => {
    const reply = await service.post(CHECKS, { provider: 'quay', ...form(more) });

    expect(mistakesOf(reply)).toContain(mistake);
    expect(reply.text).not.toContain(TOKEN);
  });

  test("is a person's name, named as the form called the field", async () => {
    const reply = await service.post(CHECKS, { url: 'quay.io', username: 'somebody', password: 'correct-horse' });

    expect(mistakesOf(reply)).toEqual(['/username WRONG_SHAPE']);
  });
});

test.for([
  ['quay.io', 'quay'],
  ['https://QUAY.io/v2/', 'quay'],
  ['quay.io.example.com', 'generic'],
  ['xquay.io', 'generic'],
] as const)('%s is one of %s', async ([url, provider]) => {
  const reply = await service.post(`${CREDENTIALS}?check=skip`, {
    name: `host ${url}`,
    url,
    username: 'acme+ci',
    password: 'correct-horse',
  });

  expect(reply).toMatchObject({ status: 201, json: { provider } });
});
