import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHarbor, type Harbor } from '../../peers/harbor.ts';
import { at, oddities } from '../../peers/oddities.ts';
import type { Service } from '../../service.ts';
import { CHECKS, CREDENTIALS, dockerConfigOf, mistakesOf, outcomeOf, startServiceFor, warningCodes } from '../product-service.ts';

const HOST = 'harbor.example.com';
const SECRET = 'Right0Right0Right0Right0Right0Ri';
/** 1 May 2998, in seconds. */
const FAR = Date.UTC(2998, 4, 1) / 1000;

let harbor: Harbor;
let service: Service;
beforeAll(async () => {
  const robot = { secret: SECRET, expiresAt: FAR };
  harbor = await startHarbor({
    host: HOST,
    projects: { team: 7 },
    repositories: ['team/app', 'team/base'],
    robots: {
      'robot$team+ci': { ...robot, id: 1, project: 'team', grants: { 'team/app': ['pull', 'push'] } },
      'robot$team+curious': { ...robot, id: 2, project: 'team', mayListRobots: true },
      robot$everywhere: { ...robot, id: 3, expiresAt: -1, mayListRobots: true, namespace: '*' },
      'svc-team+ci': { ...robot, id: 4, project: 'team', mayListRobots: true },
      robot$off: { ...robot, id: 5, isDisabled: true },
      robot$over: { ...robot, id: 6, expiresAt: 1_600_000_000 },
    },
  });
  service = await startServiceFor(harbor);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await harbor[Symbol.asyncDispose]();
});

const form = (more: object = {}) => ({ provider: 'harbor', url: HOST, robot: 'robot$team+curious', secret: SECRET, ...more });

describe('harbor/robot', () => {
  test('stores a robot of a project with its end and its id, if it may read them', async () => {
    const reply = await service.post(CREDENTIALS, { name: 'Harbor', ...form() });

    expect(reply).toMatchObject({
      status: 201,
      json: {
        provider: 'harbor',
        method: 'robot',
        active: { expiresAt: '2998-05-01T00:00:00.000Z', upstreamId: '2' },
        status: { standing: 'accepted' },
      },
    });
    expect(reply.text).not.toContain(SECRET);
  });

  test.for([
    [
      'a user name and a password',
      { provider: 'harbor', url: `https://${HOST}/team`, username: 'robot$team+ci', password: SECRET },
    ],
    ['another name of the provider', { provider: 'GoHarbor', url: HOST, robot: 'robot$team+ci', secret: SECRET }],
  ] as const)('understands %s', async ([, body]) => {
    const reply = await service.post(CHECKS, body);

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
  });

  test.for([
    ['that may not read its own record', 'robot$team+ci', ['EXPIRY_UNKNOWN']],
    ['whose project does not show in its name', 'svc-team+ci', ['EXPIRY_UNKNOWN']],
    ['of all projects that never ends', 'robot$everywhere', ['NEVER_EXPIRES', 'ALL_PROJECTS']],
  ] as const)('warns of a robot %s', async ([, robot, codes]) => {
    const reply = await service.post(CHECKS, form({ robot }));

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toEqual(codes);
  });

  test.for([
    ['with another secret', { secret: 'Wrong0Wrong0Wrong0Wrong0Wrong0Wr' }],
    ['that is disabled', { robot: 'robot$off' }],
    ['that has expired', { robot: 'robot$over' }],
    ['that is not there', { robot: 'robot$team+none' }],
  ])('refuses a robot %s, though Harbor gives it tokens for a scope', async ([, more]) => {
    const reply = await service.post(CHECKS, form(more as object));

    expect(outcomeOf(reply)).toEqual({ verdict: 'invalid_credentials', code: 'LOGIN_REFUSED' });
    expect(reply.text).toContain('disabled or has expired');
  });

  test.for([
    ['is out of order', oddities.status(500)],
    ['answers with a web page', oddities.html()],
    ['answers what is no JSON', oddities.status(200, {}, '[{"id": 1')],
    ['answers too much', oddities.hugeBody(1024 * 1024)],
  ] as const)('accepts a robot that is right also while the API alone %s', async ([, odd]) => {
    harbor.moods.set(HOST, at('/api/v2.0/robots', odd));

    const reply = await service.post(CHECKS, form());

    harbor.moods.clear();
    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    expect(warningCodes(reply)).toEqual(['EXPIRY_UNKNOWN']);
  });

  test('tells what it may do in a repository', async () => {
    const { json } = await service.post(CREDENTIALS, { name: 'ci', ...form({ robot: 'robot$team+ci' }) });
    const names = ['team/app', 'team/base'];

    const reply = await service.post(`${CREDENTIALS}/${json.id}/check`, {
      repositories: names.map((name) => ({ name, actions: ['pull', 'push'] })),
    });

    expect(reply.json.capabilities).toMatchObject([
      { repository: 'team/app', pull: 'yes', push: 'yes' },
      { repository: 'team/base', pull: 'no' },
    ]);
  });

  test('hands out a docker config with the whole name of the robot', async () => {
    const config = await dockerConfigOf(service, form({ url: `${HOST}/team` }));

    expect(config).toEqual({ [HOST]: { username: 'robot$team+curious', password: SECRET } });
  });

  test('sends the login to no token service but its own', async () => {
    const before = harbor.requests.length;
    harbor.moods.set(HOST, at('/v2/', oddities.challenge('Bearer realm="https://other.example.com/service/token",service="r"')));

    const reply = await service.post(CHECKS, form());

    harbor.moods.clear();
    expect(outcomeOf(reply)).toEqual({ verdict: 'blocked_by_policy', code: 'REALM_NOT_TRUSTED' });
    expect(harbor.requests.slice(before).filter(({ authorization }) => authorization)).toEqual([]);
  });
});

describe('a mistake in the form of harbor/robot', () => {
  test.for<[string, object, string]>([
    ['no robot', { robot: undefined }, '/robot REQUIRED'],
    ['a name that a shell has cut', { robot: 'robot' }, '/robot WRONG_SHAPE'],
    ['a name with a secret', { robot: `robot$ci:${SECRET}` }, '/robot COLON'],
    ['no secret', { secret: undefined }, '/secret REQUIRED'],
    ['a secret in quotes', { secret: `"${SECRET}"` }, '/secret QUOTED'],
    ['a secret with a space', { secret: `${SECRET} ` }, '/secret SPACES'],
    ['a secret with a line break', { secret: `${SECRET}\n` }, '/secret SPACES'],
    ['a token of GitHub', { secret: 'ghp_Example0Example0Example0Example0Exam' }, '/secret WRONG_TOKEN'],
    ['the id of a key of AWS', { secret: 'AKIAIOSFODNN7EXAMPLE' }, '/secret WRONG_TOKEN'],
    ['an address with a query', { url: `${HOST}?x=1` }, '/url QUERY'],
  ])('is named: %s', async ([, more, mistake]) => {
    const reply = await service.post(CHECKS, form(more));

    expect(mistakesOf(reply)).toContain(mistake);
    expect(reply.text).not.toContain(SECRET);
  });
});
