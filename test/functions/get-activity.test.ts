import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import { eventually, type Service } from '../service.ts';

const CREDENTIALS = '/api/projects/default/credentials';

const lines = (value: { type: string; by: { subject: string } }[]) =>
  value.map(({ type, by }) => `${type.replace('regcred.credential.', '')} ${by.subject}`);

describe('GET /api/projects/{project}/credentials/{id}/activity', () => {
  let service: Service;
  let path: string;
  beforeAll(async () => {
    service = await startDocumentedService();
    const login = { name: 'CI', url: 'registry.example.com', username: 'ci', password: 'right-password' };
    const { json } = await service.post(`${CREDENTIALS}?check=skip`, login, { as: { subject: 'portal' } });
    path = `${CREDENTIALS}/${json.id}`;
    for (let at = 0; at < 5; at += 1) await service.post(`${path}/login`, undefined, { as: { subject: `build-${at}` } });
    await service.patch(path, { description: 'x' }, { headers: { 'if-match': '*' }, as: { subject: 'portal' } });
    await service.post(`${CREDENTIALS}?check=skip`, { ...login, name: 'Another' });
    await eventually(async () => (await service.get(`${path}/activity`)).json.value.length === 7);
  });
  afterAll(() => service[Symbol.asyncDispose]());

  const EXPECTED = [
    'updated portal',
    'handed-out build-4',
    'handed-out build-3',
    'handed-out build-2',
    'handed-out build-1',
    'handed-out build-0',
    'created portal',
  ];

  test('tells who did what, the newest first, of this credential alone', async () => {
    const reply = await service.get(`${path}/activity`, { as: { role: 'reader' } });

    expect(reply.status).toBe(200);
    expect(lines(reply.json.value)).toEqual(EXPECTED);
    expect(reply.json).not.toHaveProperty('nextLink');
    expect(reply.text).not.toContain('right-password');
  });

  test.for([1, 2, 3, 6, 7, 8])('pages of %d have neither gaps nor repeats', async (limit) => {
    const found: string[] = [];
    for (let next: string | undefined = `${path}/activity?limit=${limit}`; next !== undefined;) {
      const { json } = await service.get(next);
      expect(json.value.length).toBeLessThanOrEqual(limit);
      found.push(...lines(json.value));
      next = json.nextLink;
    }

    expect(found).toEqual(EXPECTED);
  });

  test('goes on after the credential is deleted', async () => {
    const { json } = await service.post(`${CREDENTIALS}?check=skip`, {
      name: 'Gone',
      url: 'registry.example.com',
      username: 'ci',
      password: 'right-password',
    });
    await service.delete(`${CREDENTIALS}/${json.id}`);

    const types = await eventually(async () => {
      const { value } = (await service.get(`${CREDENTIALS}/${json.id}/activity`)).json;
      return value.length === 2 && lines(value);
    });

    expect(types).toEqual(['deleted local', 'created local']);
  });

  test.for([
    'limit=0',
    'limit=201',
    'pageToken=garbage',
    `pageToken=${Buffer.from('{"from":"credential:cred-01arz3ndektsv4rrffq69g5fav"}').toString('base64url')}`,
    `pageToken=${Buffer.from('{"at":1e300,"from":""}').toString('base64url')}`,
    `pageToken=${Buffer.from('{"at":1,"from":"\\u0000"}').toString('base64url')}`,
    'since=yesterday',
  ])('?%s is refused', async (query) => {
    expect(await service.get(`${path}/activity?${query}`)).toMatchObject({ status: 400, json: { code: 'INVALID_INPUT' } });
  });

  test('needs a token, and a credential that the caller may see', async () => {
    expect(await service.get(`${path}/activity`, { as: null })).toMatchObject({ status: 401 });
    expect(await service.get(`${CREDENTIALS}/nothing/activity`)).toMatchObject({ status: 404 });
  });
});
