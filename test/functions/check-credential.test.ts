import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import { oddities } from '../peers/oddities.ts';
import { startRegistry, type Oddity, type Registry } from '../peers/registry.ts';
import { eventually, type Service } from '../service.ts';
import { projectState } from './project-state.ts';

const CREDENTIALS = '/api/projects/default/credentials';
const CHECKS = '/api/projects/default/checks';

let service: Service;
let registry: Registry;
/** What the registry does instead, for a while. */
let odd: Oddity | undefined;
beforeAll(async () => {
  service = await startDocumentedService();
  registry = await startRegistry({
    users: { ci: 'right-password', reader: { password: 'right-password', grants: { 'team/app': ['pull'] } } },
    auth: 'bearer',
    repositories: ['team/app'],
    odd: (request, response) => odd?.(request, response) ?? false,
  });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

const login = (more: object = {}) => ({ url: registry.url, username: 'ci', password: 'right-password', ...more });

async function whileOdd<T>(oddity: Oddity, run: () => Promise<T>): Promise<T> {
  odd = oddity;
  try {
    return await run();
  } finally {
    odd = undefined;
  }
}

describe('POST /api/projects/{project}/checks', () => {
  test('says that a login works, stage by stage, and stores nothing', async () => {
    const before = await projectState(service);

    const reply = await service.post(CHECKS, login(), { as: { role: 'operator' } });

    expect(reply).toMatchObject({ status: 200, json: { verdict: 'valid' } });
    const stages = reply.json.stages.map(({ stage }: { stage: string }) => stage);
    expect(stages).toEqual(['input', 'dns', 'connect', 'tls', 'ping', 'challenge', 'realm', 'identity', 'token', 'access']);
    expect(reply.text).not.toContain('right-password');
    expect(await projectState(service)).toEqual(before);
  });

  test('answers 200 also for a login that is refused', async () => {
    const reply = await service.post(CHECKS, login({ password: 'wrong-password' }));

    expect(reply).toMatchObject({ status: 200, json: { verdict: 'invalid_credentials' } });
    expect(reply.json.stages).toContainEqual(
      expect.objectContaining({ outcome: 'failed', code: expect.any(String), hint: expect.any(String) }),
    );
  });

  test.for<[string, () => Oddity, string]>([
    ['is down', () => oddities.hangUp(), 'unreachable'],
    ['is no registry', () => oddities.html(), 'misconfigured'],
    ['asks to slow down', () => oddities.throttle('7'), 'rate_limited'],
    ['proves nothing', () => oddities.openPing(), 'indeterminate'],
  ])('of one that %s', async ([, oddity, verdict]) => {
    const reply = await whileOdd(oddity(), () => service.post(CHECKS, login()));

    expect(reply).toMatchObject({ status: 200, json: { verdict } });
  });

  test('tells what it may do in repositories that are named', async () => {
    const repositories = [
      { name: 'team/app', actions: ['pull', 'push'] },
      { name: 'team/none', actions: ['pull'] },
    ];

    const { json } = await service.post(CHECKS, login({ username: 'reader', repositories }));

    expect(json.verdict).toBe('valid');
    expect(json.capabilities).toEqual([
      expect.objectContaining({ repository: 'team/app', pull: 'yes', push: 'no' }),
      expect.objectContaining({ repository: 'team/none', pull: expect.stringMatching(/no|unknown/) }),
    ]);
  });

  test('says of the repositories that nothing is known where it ended before them, and that nothing is left', async () => {
    const repositories = [{ name: 'team/app', actions: ['pull', 'delete'] }];

    const refused = await service.post(CHECKS, login({ password: 'wrong-password', repositories }));
    const nodes = { provider: 'ecr', method: 'node-role', url: '123456789012.dkr.ecr.eu-west-1.amazonaws.com', repositories };
    const untried = await service.post(CHECKS, nodes);

    for (const { json } of [refused, untried])
      expect(json).toMatchObject({
        capabilities: [{ repository: 'team/app', pull: 'unknown', delete: 'unknown', reason: expect.stringMatching(/\w/) }],
        leavesBehind: [],
      });
  });

  test.for<[object, string]>([
    [{ repositories: [{ name: 'Team/App' }] }, '/repositories/0/name'],
    [{ repositories: [{ name: 'a', actions: [] }] }, '/repositories/0/actions'],
    [{ repositories: [{ name: 'a', actions: ['own'] }] }, '/repositories/0/actions/0'],
    [{ repositories: Array.from({ length: 21 }, () => ({ name: 'a' })) }, '/repositories'],
    [{ repositories: 'a' }, '/repositories'],
    [{ repositories: null }, '/repositories'],
    [{ password: undefined }, '/password'],
    [{ colour: 'red' }, '/colour'],
  ])('refuses %o', async ([more, pointer]) => {
    const asked = registry.requests.length;

    expect(await service.post(CHECKS, login(more))).toMatchObject({
      status: 400,
      json: { code: 'INVALID_INPUT', errors: [{ pointer }] },
    });
    expect(registry.requests.length).toBe(asked);
  });

  test('of an address that is not allowed is an error', async () => {
    const reply = await service.post(CHECKS, login({ url: '169.254.169.254' }));

    expect(reply).toMatchObject({ status: 422, json: { code: 'ADDRESS_BLOCKED', errors: [{ pointer: '/url' }] } });
    expect(await service.post(CHECKS, login({ url: 'http://registry.example.com' }))).toMatchObject({
      status: 422,
      json: { code: 'PLAIN_HTTP_NOT_ALLOWED' },
    });
  });

  test('needs the role operator', async () => {
    expect(await service.post(CHECKS, login(), { as: null })).toMatchObject({ status: 401 });
    expect(await service.post(CHECKS, login(), { as: { role: 'consumer' } })).toMatchObject({ status: 403 });
    expect(await service.post(CHECKS, login(), { as: { role: 'operator', environment: 'dev' } })).toMatchObject({ status: 403 });
    expect(await service.post('/api/projects/other/checks', login())).toMatchObject({ status: 404 });
  });
});

const created = async (more: object = {}) => {
  const reply = await service.post(CREDENTIALS, login({ name: `CI ${randomUUID()}`, ...more }));
  expect(reply.status).toBe(201);
  return `${CREDENTIALS}/${reply.json.id}`;
};

const shown = async (path: string) => (await service.get(path)).json;

describe('POST /api/projects/{project}/credentials/{id}/check', () => {
  test('needs no body, and leaves the revision', async () => {
    const path = await created();

    expect(await service.post(`${path}/check`, undefined, { as: { role: 'operator' } })).toMatchObject({
      status: 200,
      json: { verdict: 'valid', standing: 'accepted' },
    });
    expect((await shown(path)).revision).toBe(1);
  });

  test('moves the standing by a clear answer, and back; the activity tells each', async () => {
    const path = await created();

    registry.users['ci'] = 'changed-password';
    const refused = await service.post(`${path}/check`);
    const after = await shown(path);
    registry.users['ci'] = 'right-password';
    const accepted = await service.post(`${path}/check`);

    expect(refused).toMatchObject({ status: 200, json: { verdict: 'invalid_credentials', standing: 'rejected' } });
    expect(after).toMatchObject({ status: { standing: 'rejected', lastCheck: { verdict: 'invalid_credentials' } }, revision: 1 });
    expect(accepted).toMatchObject({ json: { standing: 'accepted' } });
    const types = await eventually(async () => {
      const { json } = await service.get(`${path}/activity`);
      return json.value.length >= 3 && json.value.map(({ type }: { type: string }) => type);
    });
    expect(types).toEqual(['regcred.credential.accepted', 'regcred.credential.rejected', 'regcred.credential.created']);
  });

  test.for<[string, () => Oddity, string]>([
    ['is down', () => oddities.hangUp(), 'unreachable'],
    ['asks to slow down', () => oddities.throttle('7'), 'rate_limited'],
    ['is no registry any more', () => oddities.html(), 'misconfigured'],
  ])('leaves the standing where the registry %s', async ([, oddity, verdict]) => {
    const path = await created();

    const reply = await whileOdd(oddity(), () => service.post(`${path}/check`));

    expect(reply).toMatchObject({ status: 200, json: { verdict, standing: 'accepted' } });
    expect(await shown(path)).toMatchObject({ status: { standing: 'accepted', lastCheck: { verdict } } });
  });

  test('keeps what it may do in the repositories that were named', async () => {
    const path = await created({ username: 'reader' });

    const reply = await service.post(`${path}/check`, { repositories: [{ name: 'team/app', actions: ['pull', 'push'] }] });

    expect(reply.json).toMatchObject({ verdict: 'valid', capabilities: [{ repository: 'team/app', pull: 'yes', push: 'no' }] });
    expect((await shown(path)).status.capabilities).toEqual(reply.json.capabilities);
    await service.post(`${path}/check`);
    expect((await shown(path)).status.capabilities).toEqual(reply.json.capabilities);
  });

  test('says where the secret was removed by hand', async () => {
    const path = await created();
    await rm(join(service.data, 'secrets', 'active', path.split('/').at(-1) ?? ''), { recursive: true });

    expect(await service.post(`${path}/check`)).toMatchObject({ status: 503, json: { code: 'SECRET_MISSING' } });
    expect(await shown(path)).toMatchObject({
      status: { standing: 'rejected' },
      warnings: expect.arrayContaining([expect.objectContaining({ code: 'SECRET_MISSING' })]),
    });
  });

  test.for<[unknown, string]>([
    [{ repositories: [{ name: '../x' }] }, '/repositories/0/name'],
    [{ repository: 'a' }, '/repository'],
    [[], ''],
  ])('refuses %o', async ([body, pointer]) => {
    const path = await created();

    expect(await service.post(`${path}/check`, body)).toMatchObject({
      status: 400,
      json: { code: 'INVALID_INPUT', errors: [{ pointer }] },
    });
  });

  test('needs the role operator', async () => {
    const path = await created();

    expect(await service.post(`${path}/check`, undefined, { as: null })).toMatchObject({ status: 401 });
    expect(await service.post(`${path}/check`, undefined, { as: { role: 'consumer' } })).toMatchObject({ status: 403 });
    expect(await service.post(`${path}/check`, undefined, { as: { role: 'operator', environment: 'dev' } })).toMatchObject({
      status: 403,
    });
    expect(await service.post(`${CREDENTIALS}/cred-01arz3ndektsv4rrffq69g5fav/check`)).toMatchObject({ status: 404 });
  });
});
