import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import { createAuthority } from '../peers/certificates.ts';
import { startRegistry, type Registry } from '../peers/registry.ts';
import { eventually, type Reply, type Service } from '../service.ts';
import { temporaryFolder } from '../stores/temporary-folder.ts';
import { projectState, storedSecrets } from './project-state.ts';

/** Whatever its revision. */
const ANY = { 'if-match': '*' };

const CREDENTIALS = '/api/projects/default/credentials';
const NEXT_YEAR = '2099-01-01T00:00:00.000Z';

describe('PATCH /api/projects/{project}/credentials/{id}', () => {
  let service: Service;
  let registry: Registry;
  let credential: Reply['json'];
  beforeAll(async () => {
    service = await startDocumentedService();
    registry = await startRegistry({ users: { ci: 'right-password', other: 'other-password' } });
  });
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    registry.users['ci'] = 'right-password';
    credential = await created();
  });

  const created = async (fields: object = {}) => {
    const login = { name: `CI ${randomUUID()}`, url: registry.url, username: 'ci', password: 'right-password' };
    const reply = await service.post(CREDENTIALS, { ...login, ...fields });
    expect(reply.status).toBe(201);
    return reply.json;
  };
  const patch = (change: unknown, headers: Record<string, string> = { 'if-match': `"${credential.revision}"` }) =>
    service.patch(`${CREDENTIALS}/${credential.id}`, change, { headers });
  const shown = async (id: string = credential.id) => (await service.get(`${CREDENTIALS}/${id}`)).json;
  const handedOut = async () => (await service.post(`${CREDENTIALS}/${credential.id}/login`)).json.value;

  test('changes what is given and leaves the rest', async () => {
    const reply = await patch({ description: 'New', labels: { team: 'build' } });

    expect(reply.status).toBe(200);
    expect(reply.headers.get('etag')).toBe('"2"');
    expect(reply.json).toMatchObject({ name: credential.name, description: 'New', labels: { team: 'build' }, revision: 2 });
    expect(await shown()).toEqual(reply.json);
  });

  test('takes application/merge-patch+json', async () => {
    const reply = await patch({ description: 'New' }, { 'if-match': '"1"', 'content-type': 'application/merge-patch+json' });

    expect(reply).toMatchObject({ status: 200, json: { description: 'New' } });
  });

  test('removes by null, at any depth, and brings defaults back', async () => {
    await patch({ description: 'x', labels: { a: '1', b: '2' }, environments: ['dev'], purpose: 'push', expiresAt: NEXT_YEAR });

    const reply = await patch(
      { description: null, labels: { a: null, c: '3' }, environments: null, purpose: null, expiresAt: null },
      { 'if-match': '"2"' },
    );

    expect(reply).toMatchObject({
      status: 200,
      json: { labels: { b: '2', c: '3' }, environments: [], purpose: 'pull', active: { expiresAt: null } },
    });
    expect(reply.json).not.toHaveProperty('description');
    expect(reply.json).not.toHaveProperty('expiresAt');
    expect(reply.json.labels).not.toHaveProperty('a');
  });

  test('an empty patch, or one that changes nothing, leaves the revision', async () => {
    expect(await patch({})).toMatchObject({ status: 200, json: { revision: 1 } });
    expect(await patch({ name: credential.name, labels: {} })).toMatchObject({ status: 200, json: { revision: 1 } });
  });

  describe('If-Match', () => {
    test('is required', async () => {
      expect(await patch({ description: 'x' }, {})).toMatchObject({ status: 428, json: { code: 'ETAG_REQUIRED' } });
      expect((await shown()).revision).toBe(1);
    });

    test.for(['"2"', '"0"', '"x"', '"2", "3"'])('%s is not what is there', async (tag) => {
      expect(await patch({ description: 'x' }, { 'if-match': tag })).toMatchObject({
        status: 412,
        json: { code: 'ETAG_MISMATCH' },
      });
      expect((await shown()).revision).toBe(1);
    });

    test.for(['1', 'W/"1"', '"1', 'garbage', '""1""', ','])('%s is no tag of ours', async (tag) => {
      expect(await patch({ description: 'x' }, { 'if-match': tag })).toMatchObject({
        status: 400,
        json: { code: 'INVALID_INPUT' },
      });
      expect((await shown()).revision).toBe(1);
    });

    test.for(['*', '"7", "1"'])('%s fits', async (tag) => {
      expect(await patch({ description: 'x' }, { 'if-match': tag })).toMatchObject({ status: 200, json: { revision: 2 } });
    });

    test('lets one of two writers at once win', async () => {
      const replies = await Promise.all(['a', 'b', 'c'].map((description) => patch({ description })));

      expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412, 412]);
      const winner = replies.find(({ status }) => status === 200);
      expect(await shown()).toEqual(winner?.json);
    });

    test('lets one of two that change the secret at once win, and its secret is the one in use', async () => {
      registry.users['ci'] = 'second-password';
      const replies = await Promise.all([
        patch({ password: 'second-password', description: 'a' }),
        patch({ password: 'second-password', description: 'b' }),
      ]);

      expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412]);
      expect(await handedOut()).toEqual({ username: 'ci', password: 'second-password' });
    });
  });

  describe('of the name', () => {
    test('keeps what the check said', async () => {
      const name = `Renamed ${randomUUID()}`;
      const before = registry.requests.length;

      const reply = await patch({ name });

      expect(reply).toMatchObject({ status: 200, json: { name, status: credential.status } });
      expect(registry.requests.length).toBe(before);
      expect((await service.post(`${CREDENTIALS}?check=skip`, { ...LOGIN, name: credential.name })).status).toBe(201);
    });

    test('may change its case alone', async () => {
      expect(await patch({ name: credential.name.toUpperCase() })).toMatchObject({ status: 200 });
    });

    test('to one that is taken is refused', async () => {
      const other = await created();

      expect(await patch({ name: other.name.toUpperCase() })).toMatchObject({ status: 409, json: { code: 'NAME_TAKEN' } });
      expect(await shown()).toEqual(credential);
    });
  });

  describe('of the secret', () => {
    test('checks it, hands it out from then on, and forgets the old one', async () => {
      await handedOut();
      registry.users['ci'] = 'second-password';

      const reply = await patch({ password: 'second-password' });

      expect(reply).toMatchObject({ status: 200, json: { revision: 2, status: { standing: 'accepted' } } });
      expect(Date.parse(reply.json.active.since)).toBeGreaterThan(Date.parse(credential.active.since));
      expect(reply.text).not.toContain('second-password');
      expect(await handedOut()).toEqual({ username: 'ci', password: 'second-password' });
      expect(await versionSizes(credential.id)).toEqual({ empty: 1, full: 1 });
    });

    test('that the registry refuses changes nothing, not even the standing', async () => {
      const before = await projectState(service);

      const reply = await patch({ password: 'wrong-password' });

      expect(reply).toMatchObject({ status: 422, json: { code: 'CREDENTIAL_REJECTED', verdict: 'invalid_credentials' } });
      expect(await projectState(service)).toEqual(before);
      expect(await handedOut()).toEqual({ username: 'ci', password: 'right-password' });
    });

    test('with check=skip is stored as unverified', async () => {
      const reply = await service.patch(
        `${CREDENTIALS}/${credential.id}?check=skip`,
        { password: 'any-password' },
        { headers: { 'if-match': '*' } },
      );

      expect(reply).toMatchObject({ status: 200, json: { status: { standing: 'unverified' } } });
      expect(await handedOut()).toEqual({ username: 'ci', password: 'any-password' });
    });

    test('cannot be removed', async () => {
      expect(await patch({ password: null })).toMatchObject({
        status: 400,
        json: { errors: [{ pointer: '/password', code: 'REQUIRED' }] },
      });
    });
  });

  test('of the user name alone checks it with the secret that is there', async () => {
    registry.users['second'] = 'right-password';

    expect(await patch({ username: 'second' })).toMatchObject({
      status: 200,
      json: { username: 'second', status: { standing: 'accepted' } },
    });
    expect(await patch({ username: 'other' }, { 'if-match': '"2"' })).toMatchObject({
      status: 422,
      json: { code: 'CREDENTIAL_REJECTED' },
    });
    expect(await handedOut()).toEqual({ username: 'second', password: 'right-password' });
  });

  describe('of what the secret is bound to', () => {
    test.for<[string, object]>([
      ['the registry', { url: 'registry.example.com' }],
      ['the port', { url: 'http://127.0.0.1:1' }],
      ['the repository prefix', { url: 'http://HOST/team' }],
      ['the token service', { tokenRealm: 'https://tokens.example.com/' }],
      ['TLS', { tls: 'verify' }],
      ['the authority', { ca: createAuthority().pem, tls: 'custom-ca' }],
    ])('%s needs the secret again', async ([, change]) => {
      const before = await projectState(service);
      const asked = registry.requests.length;
      const filled = JSON.parse(JSON.stringify(change).replace('HOST', registry.host));

      for (const query of ['', '?check=skip']) {
        const reply = await service.patch(`${CREDENTIALS}/${credential.id}${query}`, filled, { headers: { 'if-match': '*' } });
        expect(reply).toMatchObject({ status: 422, json: { code: 'MATERIAL_REQUIRED', errors: [{ pointer: '/password' }] } });
      }
      expect(await projectState(service)).toEqual(before);
      expect(registry.requests.length).toBe(asked);
    });

    test('needs none where the method has none', async () => {
      const url = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
      const form = { name: `Nodes ${randomUUID()}`, provider: 'ecr', method: 'node-role', url };
      const { json } = await service.post(CREDENTIALS, form);

      const moved = { url: url.replace('west-1', 'central-1') };
      const reply = await service.patch(`${CREDENTIALS}/${json.id}`, moved, { headers: { 'if-match': '*' } });

      expect(reply).toMatchObject({ status: 200, json: { ...moved, registry: { host: moved.url }, revision: 2 } });
    });

    test('to a method without a secret takes the secret away, and the way back needs one again', async () => {
      const url = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
      const plain = { provider: 'generic', method: 'password', url: registry.url, username: 'ci' };

      const keyless = await patch({ provider: 'ecr', method: 'node-role', url, username: null, tls: 'verify' });
      const secrets = await storedSecrets(service);
      const back = await patch(plain, ANY);
      const whole = await patch({ ...plain, password: 'right-password' }, ANY);

      expect(keyless).toMatchObject({ status: 200, json: { method: 'node-role', active: { store: null } } });
      expect(secrets).not.toContain(credential.id);
      expect(back).toMatchObject({ status: 422, json: { code: 'MATERIAL_REQUIRED' } });
      expect(whole).toMatchObject({ status: 200, json: { method: 'password', status: { standing: 'accepted' } } });
      expect(await handedOut()).toEqual({ username: 'ci', password: 'right-password' });
    });

    test('is also the provider, whose method is then inferred', async () => {
      expect(await patch({ provider: 'gitlab' })).toMatchObject({ status: 422, json: { code: 'MATERIAL_REQUIRED' } });
      expect(await shown()).toEqual(credential);
    });

    test('works together with the secret', async () => {
      await using second = await startRegistry({ users: { robot: 'robot-password' } });

      const reply = await patch({ url: second.url, username: 'robot', password: 'robot-password' });

      expect(reply).toMatchObject({ status: 200, json: { registry: { host: second.host }, status: { standing: 'accepted' } } });
      expect(await handedOut()).toEqual({ username: 'robot', password: 'robot-password' });
    });

    test('to an address that is not allowed is refused with its pointer', async () => {
      const reply = await patch({ url: '169.254.169.254', tls: 'verify', password: 'right-password' });

      expect(reply).toMatchObject({ status: 422, json: { code: 'ADDRESS_BLOCKED', errors: [{ pointer: '/url' }] } });
      expect(await shown()).toEqual(credential);
    });

    test('to a registry that is down is refused, and the old login goes on', async () => {
      const gone = await startRegistry({ users: {} });
      await gone[Symbol.asyncDispose]();

      expect(await patch({ url: gone.url, password: 'right-password' })).toMatchObject({
        status: 502,
        json: { code: 'REGISTRY_UNREACHABLE' },
      });
      expect(await shown()).toEqual(credential);
    });
  });

  describe('of the default', () => {
    test('takes over, and gives up', async () => {
      await using own = await startRegistry({ users: { ci: 'right-password' } });
      const first = await created({ url: own.url, default: true });
      credential = await created({ url: own.url, environments: ['dev'] });

      const taken = await patch({ default: true });
      const left = await patch({ default: false }, { 'if-match': '"2"' });

      expect(taken).toMatchObject({ status: 200, json: { default: true, defaultIn: ['dev'] } });
      expect(left).toMatchObject({ status: 200, json: { default: false, defaultIn: [] } });
      expect(await shown(first.id)).toMatchObject({ defaultIn: ['staging', 'prod'] });
    });

    test('takes back what it lost in part', async () => {
      await using own = await startRegistry({ users: { ci: 'right-password' } });
      credential = await created({ url: own.url, default: true });
      const other = await created({ url: own.url, default: true, environments: ['dev'] });

      const reply = await patch({ default: true }, { 'if-match': '"2"' });

      expect(reply).toMatchObject({ status: 200, json: { defaultIn: ['dev', 'staging', 'prod'] } });
      expect((await shown(other.id)).defaultIn).toEqual([]);
    });

    test('follows its environments and its purpose', async () => {
      await using own = await startRegistry({ users: { ci: 'right-password' } });
      credential = await created({ url: own.url, default: true, environments: ['dev', 'prod'] });
      const push = await created({ url: own.url, default: true, purpose: 'push' });

      expect(await patch({ environments: ['prod'] })).toMatchObject({ status: 200, json: { defaultIn: ['prod'] } });
      expect(await patch({ purpose: 'push' }, { 'if-match': '"2"' })).toMatchObject({
        status: 200,
        json: { defaultIn: ['prod'] },
      });
      expect((await shown(push.id)).defaultIn).toEqual(['dev', 'staging']);
    });
  });

  test('of enabled refuses the next hand-out, and allows it again', async () => {
    await patch({ enabled: false });
    const off = await service.post(`${CREDENTIALS}/${credential.id}/login`);
    await patch({ enabled: true }, { 'if-match': '"2"' });

    expect(off).toMatchObject({ status: 409, json: { code: 'CREDENTIAL_DISABLED' } });
    expect(await handedOut()).toEqual({ username: 'ci', password: 'right-password' });
  });

  test('of enabled works also where the policy has dropped an environment of it', async () => {
    await using folder = await temporaryFolder();
    const body = { name: 'CI', url: 'registry.example.com', username: 'ci', password: 'right-password' };
    await using before = await startDocumentedService({ data: folder.path });
    const { json } = await before.post(`${CREDENTIALS}?check=skip`, { ...body, environments: ['dev', 'staging'] });
    await before.stop();
    const policy = { projects: [{ name: 'default', environments: ['dev', 'prod'] }] };
    await using after = await startDocumentedService({ data: folder.path, policy });
    const send = (change: object) => after.patch(`${CREDENTIALS}/${json.id}`, change, { headers: { 'if-match': '*' } });

    expect(await send({ enabled: false })).toMatchObject({
      status: 200,
      json: { enabled: false, environments: ['dev', 'staging'] },
    });
    expect(await send({ environments: ['dev', 'typo'] })).toMatchObject({
      status: 400,
      json: { errors: [{ pointer: '/environments/1' }] },
    });
    expect(await send({ environments: ['dev', 'prod'] })).toMatchObject({ status: 200 });
  });

  test('of the expiry moves the end and keeps the check', async () => {
    const reply = await patch({ expiresAt: NEXT_YEAR });

    expect(reply).toMatchObject({
      status: 200,
      json: { expiresAt: NEXT_YEAR, active: { expiresAt: NEXT_YEAR, since: credential.active.since }, status: credential.status },
    });
  });

  test('is told in the activity, with the names of the fields alone', async () => {
    registry.users['ci'] = 'second-password';
    await patch({ description: 'What it is for', password: 'second-password' });

    const line = await eventually(async () => {
      const { json } = await service.get(`${CREDENTIALS}/${credential.id}/activity`);
      return json.value.find(({ type }: { type: string }) => type === 'regcred.credential.updated');
    });

    expect(line).toMatchObject({ data: { fields: ['description', 'secret'] } });
  });

  describe('is refused', () => {
    test.for<[string, unknown, string]>([
      ['a list', [], ''],
      ['a word', 'x', ''],
      ['null', null, ''],
      ['an unknown field', { colour: 'red' }, '/colour'],
      ['the id', { id: 'cred-01arz3ndektsv4rrffq69g5fav' }, '/id'],
      ['the revision', { revision: 9 }, '/revision'],
      ['the name by null', { name: null }, '/name'],
      ['the registry by null', { url: null }, '/url'],
      ['a name of spaces', { name: '   ' }, '/name'],
      ['an unknown environment', { environments: ['qa'] }, '/environments/0'],
      ['an end that has passed', { expiresAt: '2001-01-01T00:00:00Z' }, '/expiresAt'],
      ['an unknown method', { method: 'token' }, '/method'],
    ])('%s', async ([, change, pointer]) => {
      const reply = await patch(change);

      expect(reply).toMatchObject({
        status: 400,
        json: { code: 'INVALID_INPUT', errors: [{ pointer, hint: expect.any(String) }] },
      });
      expect(await shown()).toEqual(credential);
    });

    test('without rights', async () => {
      const path = `${CREDENTIALS}/${credential.id}`;
      const headers = { 'if-match': '*' };

      expect(await service.patch(path, {}, { headers, as: null })).toMatchObject({ status: 401 });
      expect(await service.patch(path, {}, { headers, as: { role: 'operator' } })).toMatchObject({ status: 403 });
      expect(await service.patch(path, {}, { headers, as: { environment: 'dev' } })).toMatchObject({ status: 403 });
    });

    test('into environments where the caller has no rights', async () => {
      credential = await created({ environments: ['dev'] });
      const path = `${CREDENTIALS}/${credential.id}`;

      const reply = await service.patch(
        path,
        { environments: ['dev', 'prod'] },
        { headers: { 'if-match': '*' }, as: { environment: 'dev' } },
      );

      expect(reply).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
      expect(await shown()).toEqual(credential);
    });

    test.for(['cred-01arz3ndektsv4rrffq69g5fav', 'nothing', '..%2f..', '%00', 'cred-%F0%9F%98%80'])(
      'for %s, which is not there',
      async (id) => {
        expect(await service.patch(`${CREDENTIALS}/${id}`, {}, { headers: { 'if-match': '*' } })).toMatchObject({
          status: 404,
          json: { code: 'NOT_FOUND' },
        });
      },
    );

    test('for one that is deleted', async () => {
      await service.delete(`${CREDENTIALS}/${credential.id}`);

      expect(await patch({ description: 'x' }, { 'if-match': '*' })).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
    });
  });

  /** A retired version stays as a smaller file, without its value. */
  async function versionSizes(name: string): Promise<{ empty: number; full: number }> {
    const folder = join(service.data, 'secrets', 'active', name);
    const sizes = await Promise.all((await readdir(folder)).map(async (file) => (await readFile(join(folder, file))).length));
    const most = Math.max(...sizes);
    return { empty: sizes.filter((size) => size < most).length, full: sizes.filter((size) => size === most).length };
  }
});

const LOGIN = { url: 'registry.example.com', username: 'ci', password: 'right-password' };
