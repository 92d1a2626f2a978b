import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHarbor, type Harbor } from '../../peers/harbor.ts';
import type { Service } from '../../service.ts';
import { CHECKS, CREDENTIALS, dockerConfigOf, mistakesOf, outcomeOf, startServiceFor, warningCodes } from '../product-service.ts';

const HOST = 'harbor.example.com';
const PASSWORD = 'right password "with" marks';

let harbor: Harbor;
let service: Service;
beforeAll(async () => {
  harbor = await startHarbor({ host: HOST, users: { ci: PASSWORD, admin: PASSWORD } });
  service = await startServiceFor(harbor);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await harbor[Symbol.asyncDispose]();
});

const form = (more: object = {}) => ({ provider: 'harbor', url: HOST, username: 'ci', password: PASSWORD, ...more });

describe('harbor/user', () => {
  test("stores a person's login", async () => {
    const reply = await service.post(CREDENTIALS, { name: 'Harbor', ...form() });

    expect(reply).toMatchObject({ status: 201, json: { method: 'user', username: 'ci', status: { standing: 'accepted' } } });
    expect(reply.text).not.toContain('right password');
  });

  test.for([
    ['ci', 'PERSONAL_PASSWORD'],
    ['admin', 'ADMIN_ACCOUNT'],
  ] as const)('warns of what the account %s is', async ([username, code]) => {
    const reply = await service.post(CHECKS, form({ username }));

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toEqual([code]);
  });

  test('tries a wrong password once, because accounts get locked', async () => {
    const before = harbor.requests.length;

    const reply = await service.post(CHECKS, form({ password: 'wrong-password' }));

    expect(outcomeOf(reply)).toEqual({ verdict: 'invalid_credentials', code: 'LOGIN_REFUSED' });
    expect(reply.text).toContain('CLI secret');
    expect(harbor.requests.slice(before).filter(({ authorization }) => authorization)).toHaveLength(1);
  });

  test('hands out a docker config for the host', async () => {
    expect(await dockerConfigOf(service, form())).toEqual({ [HOST]: { username: 'ci', password: PASSWORD } });
  });
});

describe('a mistake in the form of harbor/user', () => {
  test.for<[string, object, string]>([
    ['no password', { password: undefined }, '/password REQUIRED'],
    ['a password with a line break', { password: `${PASSWORD}\n` }, '/password SPACES'],
    ['a token of GitLab', { password: 'glpat-Example0Example0Exam' }, '/password WRONG_TOKEN'],
    ['a user name with a password', { username: 'ci:secret' }, '/username COLON'],
  ])('is named: %s', async ([, more, mistake]) => {
    const reply = await service.post(CHECKS, form({ method: 'user', ...more }));

    expect(mistakesOf(reply)).toContain(mistake);
  });
});
