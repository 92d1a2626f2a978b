import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDockerHub, type DockerHub } from '../../peers/docker-hub.ts';
import type { Service } from '../../service.ts';
import { CHECKS, CREDENTIALS, dockerConfigOf, mistakesOf, outcomeOf, startServiceFor } from '../product-service.ts';

const ORGANIZATION_TOKEN = 'dckr_oat_Known0Known0Known0Known0Kno';
const PERSONAL_TOKEN = 'dckr_pat_Known0Known0Known0Known0Kno';

let hub: DockerHub;
let service: Service;
beforeAll(async () => {
  hub = await startDockerHub({ acme: { tokens: [{ value: ORGANIZATION_TOKEN }] } });
  service = await startServiceFor(hub);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

describe('docker-hub/organization-token', () => {
  test.for([
    ['its own fields', { provider: 'docker-hub', organization: 'acme', token: ORGANIZATION_TOKEN }],
    ['a user name and a password', { url: 'docker.io/acme', username: 'acme', password: ORGANIZATION_TOKEN }],
    ['an organization and a password', { url: 'docker.io', organization: 'acme', password: ORGANIZATION_TOKEN }],
  ] as const)('is understood from %s', async ([title, body]) => {
    const reply = await service.post(CREDENTIALS, { name: `Organization by ${title}`, environments: ['dev'], ...body });

    expect(reply).toMatchObject({
      status: 201,
      json: {
        method: 'organization-token',
        warnings: [{ code: 'EXPIRY_UNKNOWN' }],
        organization: 'acme',
        username: 'acme',
        status: { standing: 'accepted' },
      },
    });
    expect(await dockerConfigOf(service, body)).toEqual({
      'https://index.docker.io/v1/': { username: 'acme', password: ORGANIZATION_TOKEN },
    });
  });

  test('is refused when it is wrong', async () => {
    const token = ORGANIZATION_TOKEN.replace('Known', 'Wrong');

    const reply = await service.post(CHECKS, { provider: 'docker-hub', organization: 'acme', token });

    expect(outcomeOf(reply)).toMatchObject({ verdict: 'invalid_credentials', code: 'LOGIN_REFUSED' });
  });

  test.for<[string, object, string, string]>([
    ['no organization', { token: ORGANIZATION_TOKEN, method: 'organization-token' }, '/organization', 'REQUIRED'],
    ['a personal token', { organization: 'acme', token: PERSONAL_TOKEN }, '/token', 'WRONG_TOKEN'],
    ['a password', { organization: 'acme', token: 'secret' }, '/token', 'WRONG_SHAPE'],
    ['a space', { organization: 'acme', token: `${ORGANIZATION_TOKEN} ` }, '/token', 'SPACES'],
    [
      'a line break, by the name that was given',
      { username: 'acme', password: `${ORGANIZATION_TOKEN}\n`, method: undefined },
      '/password',
      'SPACES',
    ],
  ])('refuses %s', async ([, more, pointer, code]) => {
    const reply = await service.post(CREDENTIALS, { name: 'Mistake', provider: 'docker-hub', ...more });

    expect(mistakesOf(reply)).toContain(`${pointer} ${code}`);
  });
});
