import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startQuay, type Quay } from '../../peers/quay.ts';
import type { Service } from '../../service.ts';
import { CHECKS, CREDENTIALS, dockerConfigOf, mistakesOf, outcomeOf, startServiceFor, warningCodes } from '../product-service.ts';

const OAUTH = 'Right0Right0Right0Right0Right0Right0Righ';
const APP = 'Other0Other0Other0Other0Other0Other0Othe';

let quay: Quay;
let service: Service;
beforeAll(async () => {
  quay = await startQuay({ applications: { [OAUTH]: { kind: '$oauthtoken' }, [APP]: { kind: '$app' } } });
  service = await startServiceFor(quay);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await quay[Symbol.asyncDispose]();
});

describe('quay/application', () => {
  test.for([
    ['a token alone', { url: 'quay.io', token: OAUTH }, '$oauthtoken'],
    ['the user name that stands for a token', { url: 'quay.io', username: '$oauthtoken', password: OAUTH }, '$oauthtoken'],
    ['an application-specific token', { url: 'quay.io', username: '$app', password: APP }, '$app'],
  ] as const)('understands %s', async ([name, form, username]) => {
    const reply = await service.post(CREDENTIALS, { name, ...form });

    expect(reply).toMatchObject({ status: 201, json: { method: 'application', username, status: { standing: 'accepted' } } });
  });

  test('warns that the token acts as a person', async () => {
    const reply = await service.post(CHECKS, { url: 'quay.io', token: OAUTH });

    expect(warningCodes(reply)).toEqual(['ACTS_AS_PERSON']);
  });

  test('refuses a token of the other kind', async () => {
    const reply = await service.post(CHECKS, { url: 'quay.io', username: '$app', token: OAUTH });

    expect(outcomeOf(reply)).toEqual({ verdict: 'invalid_credentials', code: 'LOGIN_REFUSED' });
  });

  test('hands out a docker config with the user name that stands for a token', async () => {
    const config = await dockerConfigOf(service, { url: 'quay.io', token: OAUTH });

    expect(config).toEqual({ 'quay.io': { username: '$oauthtoken', password: OAUTH } });
  });
});

describe('a mistake in the form of quay/application', () => {
  test.for<[string, object, string]>([
    ['no token', { method: 'application', token: undefined }, '/token REQUIRED'],
    ['a user name that is none of the two', { username: '$token' }, '/username NOT_ALLOWED'],
    ['a token with its header', { token: `Bearer ${OAUTH}` }, '/token HEADER'],
    ['a token in quotes', { token: `"${OAUTH}"` }, '/token QUOTED'],
    ['a token with a line break', { token: `${OAUTH}\r\n` }, '/token SPACES'],
    ['a token of Docker Hub', { token: 'dckr_pat_Example0Example0Exam' }, '/token WRONG_TOKEN'],
  ])('is named: %s', async ([, more, mistake]) => {
    const reply = await service.post(CHECKS, { provider: 'quay', url: 'quay.io', token: OAUTH, ...more });

    expect(mistakesOf(reply)).toContain(mistake);
    expect(reply.text).not.toContain(OAUTH);
  });
});
