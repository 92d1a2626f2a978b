import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import { startRegistry, type Registry } from '../peers/registry.ts';
import { eventually, LOCAL_ACTOR, TEST_POLICY, type Reply, type RequestOptions, type Service } from '../service.ts';
import { projectState, storedSecrets } from './project-state.ts';

const PROJECT = '/api/projects/default';
const IMPORTS = `${PROJECT}/imports`;
const PASSWORD = 'imported-password';

let service: Service;
let registry: Registry;
beforeAll(async () => {
  service = await startDocumentedService({
    policy: { projects: [...TEST_POLICY.projects, { name: 'other', environments: ['dev'] }] },
  });
  registry = await startRegistry({ users: { ci: PASSWORD } });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

let count = 0;
const fresh = (name: string) => `${name} ${(count += 1)}`;

function entry(more: object = {}) {
  return { name: fresh('CI'), url: registry.url, username: 'ci', password: PASSWORD, ...more };
}

const document = (...credentials: unknown[]) => ({ schemaVersion: 1, credentials });
/** Mistakes at these places, each with a hint. */
const errors = (...pointers: string[]) =>
  pointers.map((pointer): unknown => expect.objectContaining({ pointer, hint: expect.any(String) }));

/** An import of so many bytes, most of them white space. */
function sized(bytes: number): string {
  const text = JSON.stringify(document(entry({ password: null })));
  return text.replace('{', `{${' '.repeat(bytes - text.length)}`);
}

const post = (as: RequestOptions['as']) => service.post(IMPORTS, document(entry()), { as });

async function ended(accepted: Reply, options?: RequestOptions): Promise<Reply['json']> {
  const location = accepted.headers.get('location') ?? '';
  return eventually(async () => {
    const { json } = await service.get(location, options);
    return json.status === 'ended' && json;
  }, 30_000);
}

/** Imports, waits for the end and answers the report. */
async function imported(body: unknown, query = '', options?: RequestOptions): Promise<Reply['json']> {
  const reply = await service.post(`${IMPORTS}${query}`, body, options);
  expect(reply.status).toBe(202);
  return ended(reply, options);
}

async function shown(id: string, project = 'default'): Promise<Reply['json']> {
  return (await service.get(`/api/projects/${project}/credentials/${id}`, { as: { project } })).json;
}

describe('POST /api/projects/{project}/imports', () => {
  test('answers 202 at once, and makes what the document asks for in the name of the caller', async () => {
    const one = entry({ purpose: 'push', environments: ['dev'], labels: { team: 'core' } });
    const reply = await service.post(IMPORTS, document(one), { as: { subject: 'importer' } });

    expect(reply).toMatchObject({
      status: 202,
      json: { status: 'running', endedAt: null, counts: { total: 1, created: 0, failed: 0, pending: 1 } },
    });
    expect(reply.headers.get('location')).toBe(`${IMPORTS}/${reply.json.operation}`);
    expect(reply.text).not.toContain(PASSWORD);
    const report = await ended(reply);
    expect(report).toMatchObject({
      counts: { total: 1, created: 1, failed: 0, pending: 0 },
      entries: [{ index: 0, pointer: '/credentials/0', name: one.name, status: 'created', id: expect.any(String) }],
      startedBy: { ...LOCAL_ACTOR, subject: 'importer' },
    });
    expect(await shown(report.entries[0].id)).toMatchObject({
      name: one.name,
      purpose: 'push',
      environments: ['dev'],
      labels: { team: 'core' },
      status: { standing: 'accepted' },
      createdBy: { subject: 'importer' },
    });
    const login = await service.post(`${PROJECT}/credentials/${report.entries[0].id}/login`);
    expect(login.json.value).toEqual({ username: 'ci', password: PASSWORD });
  });

  test('leaves nothing in the secret store but the secrets of what it made', async () => {
    await imported(document(entry(), entry({ password: 'wrong-password' }), entry()));

    const { value } = (await service.get(`${PROJECT}/credentials?limit=200`)).json as { value: { id: string }[] };
    expect(await storedSecrets(service)).toEqual(value.map(({ id }) => id).toSorted());
  });

  test('reports each entry as a create request would answer it, and goes on', async () => {
    const taken = entry();
    await service.post(`${PROJECT}/credentials`, taken);
    const before = await projectState(service);

    const report = await imported(
      document(
        { ...taken },
        entry({ password: 'wrong-password' }),
        entry({ password: null }),
        entry({ colour: 'red', environments: ['nowhere'] }),
        entry({ expiresAt: '2020-01-01T00:00:00Z' }),
        entry({ url: 'http://10.1.2.3' }),
        entry({ url: 'http://127.0.0.1:1' }),
        entry({ name: undefined }),
        'canary',
        [],
        { name: fresh('Nodes'), provider: 'ecr', method: 'node-role', url: '123456789012.dkr.ecr.eu-west-1.amazonaws.com' },
      ),
    );

    expect(report.entries).toMatchObject([
      { status: 'failed', code: 'NAME_TAKEN', errors: errors('/credentials/0/name') },
      { status: 'failed', code: 'CREDENTIAL_REJECTED', verdict: 'invalid_credentials', hint: expect.any(String) },
      { status: 'failed', code: 'MATERIAL_REQUIRED', errors: errors('/credentials/2/password') },
      { status: 'failed', code: 'INVALID_INPUT', errors: errors('/credentials/3/colour') },
      { status: 'failed', code: 'INVALID_INPUT', errors: errors('/credentials/4/expiresAt') },
      { status: 'failed', code: expect.stringMatching(/BLOCKED|PLAIN_HTTP/), errors: errors('/credentials/5/url') },
      { status: 'failed', code: 'REGISTRY_UNREACHABLE', verdict: 'unreachable' },
      { status: 'failed', code: 'INVALID_INPUT', errors: errors('/credentials/7/name') },
      { status: 'failed', code: 'INVALID_INPUT', pointer: '/credentials/8' },
      { status: 'failed', code: 'INVALID_INPUT', pointer: '/credentials/9' },
      { status: 'created' },
    ]);
    expect(report.counts).toEqual({ total: 11, created: 1, failed: 10, pending: 0 });
    expect(JSON.stringify(report)).not.toMatch(/canary|wrong-password|imported-password/);
    await service.delete(`${PROJECT}/credentials/${report.entries[10].id}`);
    expect((await projectState(service)).live).toEqual(before.live);
  });

  test('of names that are taken by the import itself makes the first', async () => {
    const one = entry();

    const report = await imported(document(one, { ...one, name: ` ${one.name.toUpperCase()} ` }), '?check=skip');

    expect(report.entries).toMatchObject([{ status: 'created' }, { status: 'failed', code: 'NAME_TAKEN' }]);
  });

  test('sent again makes nothing twice', async () => {
    const body = document(entry(), entry());
    await imported(body, '?check=skip');
    const before = await projectState(service);

    const report = await imported(body, '?check=skip');

    expect(report.counts).toMatchObject({ created: 0, failed: 2 });
    expect(await projectState(service)).toEqual(before);
  });

  test('takes environments, purpose and labels for all from the query', async () => {
    const query = '?check=skip&environments=dev,prod&purpose=admin&labels=team:core,from:old';

    const report = await imported(document(entry({ environments: ['gone'], labels: { team: 'own', a: 'b' } })), query);

    expect(await shown(report.entries[0].id)).toMatchObject({
      environments: ['dev', 'prod'],
      purpose: 'admin',
      labels: { team: 'core', from: 'old', a: 'b' },
      status: { standing: 'unverified' },
    });
  });

  test('grants each entry by itself', async () => {
    const as = { environment: 'dev' };

    const report = await imported(document(entry({ environments: ['dev'] }), entry({ environments: ['prod'] })), '?check=skip', {
      as,
    });

    expect(report.entries).toMatchObject([{ status: 'created' }, { status: 'failed', code: 'FORBIDDEN' }]);
  });

  test('checks a few logins at a time', { timeout: 60_000 }, async () => {
    const reply = await service.post(IMPORTS, document(...Array.from({ length: 12 }, () => entry())));
    const look = async () => (await service.get(reply.headers.get('location') ?? '')).json;

    const first = await eventually(async () => {
      const { counts } = await look();
      return counts.created > 0 && counts;
    });

    expect(first.pending).toBeGreaterThan(0);
    expect(await ended(reply)).toMatchObject({ counts: { total: 12, created: 12 } });
  });

  test('makes 150 of them, which is more than one secret and one transaction hold', { timeout: 60_000 }, async () => {
    const other = { as: { project: 'other' } };
    const body = document(...Array.from({ length: 150 }, () => entry({ description: 'x'.repeat(400) })));

    const reply = await service.post('/api/projects/other/imports?check=skip', body, other);

    expect(await ended(reply, other)).toMatchObject({ counts: { total: 150, created: 150 } });
  });

  test.for<[string, object, string]>([
    ['an environment that is not declared', { query: '?environments=dev,nowhere' }, '?environments'],
    ['no environment', { query: '?environments=' }, '?environments'],
    ['an unknown purpose', { query: '?purpose=both' }, '?purpose'],
    ['labels without a value', { query: '?labels=team' }, '?labels'],
    ['a label that is no label', { query: '?labels=team:core,__proto__:x' }, '?labels'],
    ['a label key with a space', { query: '?labels=a%20b:x' }, '?labels.a b'],
    ['an unknown check', { query: '?check=maybe' }, '?check'],
    ['an unknown parameter', { query: '?tls=verify' }, '?tls'],
    ['another version', { body: { schemaVersion: 2, credentials: [{}] } }, '/schemaVersion'],
    ['no version', { body: { credentials: [{}] } }, '/schemaVersion'],
    ['no entries', { body: document() }, '/credentials'],
    ['501 entries', { body: document(...Array.from({ length: 501 }, () => ({}))) }, '/credentials'],
    ['501 registries', { body: { auths: Object.fromEntries(Array.from({ length: 501 }, (_, at) => [`r${at}`, {}])) } }, '/auths'],
    ['entries that are no list', { body: { schemaVersion: 1, credentials: {} } }, '/credentials'],
    ['an empty object', { body: {} }, '/schemaVersion'],
  ])(
    'refuses %s',
    async ([, { query = '', body = document(entry()) }, pointer]: [string, { query?: string; body?: unknown }, string]) => {
      const before = await projectState(service);

      const reply = await service.post(`${IMPORTS}${query}`, body);

      expect(reply).toMatchObject({ status: 400, json: { code: 'INVALID_INPUT' } });
      expect(reply.json.errors).toContainEqual(expect.objectContaining({ pointer, hint: expect.any(String) }));
      expect(reply.text).not.toContain(PASSWORD);
      expect(await projectState(service)).toEqual(before);
    },
  );

  test('takes a body of 1 MiB, and no larger one', async () => {
    expect((await service.post(IMPORTS, undefined, { raw: sized(1024 * 1024) })).status).toBe(202);
    expect(await service.post(IMPORTS, undefined, { raw: sized(1024 * 1024 + 1) })).toMatchObject({
      status: 413,
      json: { code: 'TOO_LARGE' },
    });
  });

  test('refuses an entry that is larger than a secret may be, and only that', async () => {
    const large = entry({ description: 'x'.repeat(300), labels: Object.fromEntries(labels(30, 256)), ca: 'y'.repeat(30_000) });

    const report = await imported(document(large, entry()), '?check=skip');

    expect(report.entries).toMatchObject([{ status: 'failed', code: 'INVALID_INPUT' }, { status: 'created' }]);
  });

  test('needs a token, the role admin, and rights in the project', async () => {
    expect(await post(null)).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED' } });
    expect(await post({ role: 'operator' })).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
    expect(await post({ project: 'other' })).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
  });

  test('has at most five under way in a project', async () => {
    await using slow = await startDocumentedService();
    const many = document(...Array.from({ length: 20 }, () => entry()));
    for (const _ of [1, 2, 3, 4, 5]) expect(await slow.post(IMPORTS, many)).toMatchObject({ status: 202 });

    const reply = await slow.post(IMPORTS, document(entry()));

    expect(reply).toMatchObject({ status: 429, json: { code: 'CHECK_LIMIT' } });
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

function labels(amount: number, length: number): [string, string][] {
  return Array.from({ length: amount }, (_, number) => [`label-${number}`, 'x'.repeat(length)]);
}
