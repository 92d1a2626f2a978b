import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import { projectState } from '../functions/project-state.ts';
import { createAuthority, selfSigned } from '../peers/certificates.ts';
import { startRegistry, type Registry } from '../peers/registry.ts';
import type { Reply, RequestOptions, Service } from '../service.ts';

const CREDENTIALS = '/api/projects/default/credentials';
/** Stands in every secret and in every wrong value: no reply may repeat it. */
const CANARY = 'canary';
const PASSWORD = `${CANARY}-password`;

let service: Service;
let registry: Registry;
let path: string;
let before: Awaited<ReturnType<typeof projectState>>;
beforeAll(async () => {
  service = await startDocumentedService();
  registry = await startRegistry({ users: { ci: PASSWORD } });
  const { json } = await service.post(`${CREDENTIALS}?check=skip`, login({ name: 'Stored' }));
  path = `${CREDENTIALS}/${json.id}`;
});
beforeEach(async () => {
  before = await projectState(service);
  registry.requests.length = 0;
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

function login(more: object = {}) {
  return { name: `New ${randomUUID()}`, url: registry.url, username: 'ci', password: PASSWORD, ...more };
}

/** Every route that takes a body, with one that it would take. */
const WITH_BODY: [string, string, () => string, () => object, kibibytes?: number][] = [
  ['create', 'POST', () => CREDENTIALS, () => login()],
  ['update', 'PATCH', () => path, () => ({ password: PASSWORD })],
  ['check a login', 'POST', () => '/api/projects/default/checks', () => login()],
  ['check', 'POST', () => `${path}/check`, () => ({ repositories: [] })],
  ['hand out', 'POST', () => `${path}/login`, () => ({ format: 'login' })],
  ['import', 'POST', () => '/api/projects/default/imports', () => ({ schemaVersion: 1, credentials: [login()] }), 1024],
];
const WITHOUT_BODY: [string, string, () => string][] = [
  ['list', 'GET', () => CREDENTIALS],
  ['export', 'GET', () => '/api/projects/default/export'],
  ['get', 'GET', () => path],
  ['check for drift', 'POST', () => '/api/projects/default/drift-checks'],
  ['get a drift check', 'GET', () => '/api/projects/default/drift-checks/x'],
  ['get an import', 'GET', () => '/api/projects/default/imports/x'],
  ['activity', 'GET', () => `${path}/activity`],
  ['delete', 'DELETE', () => path],
  ['restore', 'POST', () => `${path}/restore`],
  ['providers', 'GET', () => '/api/providers'],
  ['provider', 'GET', () => '/api/providers/generic'],
  ['health', 'GET', () => '/api/health'],
  ['openapi', 'GET', () => '/api/openapi.json'],
  ['policy schema', 'GET', () => '/api/policy.schema.json'],
];

/** What a refusal is: a problem with its code and hints, which repeats nothing; nothing was changed and nobody was asked. */
function refused(status: number, code: string, pointer?: string) {
  return {
    status,
    type: 'application/problem+json',
    problem: { status, code, hint: expect.stringMatching(/\S/), requestId: expect.any(String) },
    errors: expect.arrayContaining((pointer === undefined ? [] : [pointer]).map(expectedError)),
    isRepeating: false,
    asked: [],
    state: before,
  };
}

function expectedError(pointer: string) {
  return expect.objectContaining({ pointer, code: expect.any(String), hint: expect.stringMatching(/\S/) });
}

async function outcome(reply: Reply) {
  return {
    status: reply.status,
    type: reply.headers.get('content-type')?.split(';')[0],
    problem: reply.json,
    errors: reply.json.errors ?? [],
    isRepeating: reply.text.includes(CANARY),
    asked: registry.requests,
    state: await projectState(service),
  };
}

describe.for(WITH_BODY)('a body for %s', ([, method, address, body, kibibytes = 64]) => {
  const send = (raw: string | Uint8Array, options: RequestOptions = {}) =>
    service.request(method, address(), undefined, { raw, ...options, headers: { 'if-match': '*', ...options.headers } });
  const sendJson = (json: unknown) => send(JSON.stringify(json));
  const withMember = (member: string) =>
    `${JSON.stringify(body()).slice(0, -1)}${Object.keys(body()).length > 0 ? ',' : ''}${member}}`;

  test.for<[string, () => string | Uint8Array]>([
    ['that is not JSON', () => `{"password":"${PASSWORD}"`],
    ['with a comma too many', () => `{"password":"${PASSWORD}",}`],
    ['that is two documents', () => '{}{}'],
    ['that is not UTF-8', () => Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])],
    ['that is UTF-16', () => Buffer.from('{}', 'utf16le')],
    ['nested 10,000 deep in lists', () => '['.repeat(10_000) + ']'.repeat(10_000)],
    ['nested 10,000 deep in objects', () => `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['nested deep in a field', () => withMember(`"labels":${'['.repeat(10_000)}${']'.repeat(10_000)}`)],
    ['that is a list', () => '[]'],
    ['that is a text', () => `"${CANARY}"`],
    ['that is a number', () => '7'],
    ['that is null', () => 'null'],
  ])('%s', async ([, raw]) => {
    expect(await outcome(await send(raw()))).toMatchObject(refused(400, 'INVALID_INPUT', ''));
  });

  test.for<[string, string]>([
    ['__proto__', '{"enabled":false}'],
    ['constructor', '{"prototype":{"enabled":false}}'],
    ['prototype', '1'],
    ['toString', '"x"'],
    ['hasOwnProperty', `"${CANARY}"`],
    ['', `"${CANARY}"`],
    ['colour', `"${CANARY}"`],
    ['requestId', '"x"'],
  ])('with the unknown field "%s"', async ([name, value]) => {
    expect(await outcome(await send(withMember(`${JSON.stringify(name)}:${value}`)))).toMatchObject(
      refused(400, 'INVALID_INPUT', `/${name}`),
    );
  });

  test('as large as it may be is read, and one byte more is not', async () => {
    const empty = withMember('"colour":""');
    const padded = (bytes: number) => empty.replace('"colour":""', `"colour":"${'x'.repeat(bytes - empty.length)}"`);

    expect(await outcome(await send(padded(kibibytes * 1024)))).toMatchObject(refused(400, 'INVALID_INPUT', '/colour'));
    expect(await outcome(await send(padded(kibibytes * 1024 + 1)))).toMatchObject(refused(413, 'TOO_LARGE'));
  });

  test('over the limit that does not say its length', async () => {
    const reply = await sendChunked(
      method,
      address(),
      Array.from({ length: kibibytes / 8 + 1 }, () => 'x'.repeat(8192)),
    );

    expect(reply).toMatchObject({ status: 413, json: { code: 'TOO_LARGE' } });
    expect(await projectState(service)).toEqual(before);
  });

  test.for(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp', ''])(
    'with the content type "%s"',
    async (type) => {
      const reply = await send(JSON.stringify(body()), { headers: { 'content-type': type } });

      expect(await outcome(reply)).toMatchObject(refused(415, 'UNSUPPORTED_TYPE'));
    },
  );

  test('with a parameter that the route does not have', async () => {
    const reply = await service.request(method, `${address()}?colour=${CANARY}`, body(), { headers: { 'if-match': '*' } });

    expect(await outcome(reply)).toMatchObject(refused(400, 'INVALID_INPUT', '?colour'));
  });

  test('that is wrong is not told from a right one without rights', async () => {
    const replies = await Promise.all(
      ['{', JSON.stringify(body())].map((raw) => send(raw, { as: { role: 'reader', project: 'default' } })),
    );

    expect(replies.map(({ status }) => status)).toEqual([403, 403]);
    expect(await outcome(await sendJson([]))).toMatchObject(refused(400, 'INVALID_INPUT'));
  });
});

describe.for(WITHOUT_BODY)('the route %s', ([, method, address]) => {
  test.for(['?colour=canary', '?__proto__=canary', '?limit=1&limit=2', '?constructor=canary'])('refuses %s', async (query) => {
    expect(await outcome(await service.request(method, `${address()}${query}`))).toMatchObject(refused(400, 'INVALID_INPUT'));
  });
});

describe('an address that is no route', () => {
  test.for<[string, string, number, string | null]>([
    ['GET', '/api/nothing', 404, null],
    ['GET', '/api', 404, null],
    ['POST', '/api/projects/default', 405, 'GET'],
    ['GET', `${CREDENTIALS}/x/y/z`, 404, null],
    ['PUT', CREDENTIALS, 405, 'GET, POST'],
    ['DELETE', CREDENTIALS, 405, 'GET, POST'],
    ['PUT', `${CREDENTIALS}/x`, 405, 'DELETE, GET, PATCH'],
    ['GET', `${CREDENTIALS}/x/login`, 405, 'POST'],
    ['POST', '/api/health', 405, 'GET'],
    ['OPTIONS', CREDENTIALS, 405, 'GET, POST'],
  ])('%s %s answers %d', async ([method, address, status, allow]) => {
    const reply = await service.request(method, address, undefined, { as: null });

    expect(await outcome(reply)).toMatchObject(refused(status, status === 404 ? 'NOT_FOUND' : 'METHOD_NOT_ALLOWED'));
    expect(reply.headers.get('allow')).toBe(allow);
  });

  test('HEAD answers like the others, without a body', async () => {
    const reply = await fetch(`${service.url}${CREDENTIALS}`, { method: 'HEAD' });

    expect(reply.status).toBe(405);
    expect(reply.headers.get('allow')).toBe('GET, POST');
    expect(await reply.text()).toBe('');
  });
});

const { pem } = createAuthority();
const { key, cert } = selfSigned(['registry.example.com']);

describe('the field', () => {
  const long = `${CANARY}${'x'.repeat(3000)}`;
  test.for<[object, string]>([
    [{ name: undefined }, '/name'],
    [{ name: '   ' }, '/name'],
    [{ name: '\u{a0}\u{2003}' }, '/name'],
    [{ name: 'can\u{200b}ary' }, '/name'],
    [{ name: 'a\nb' }, '/name'],
    [{ name: 'a\u{0}b' }, '/name'],
    [{ name: 'a\u{202e}b' }, '/name'],
    [{ name: '\ud800' }, '/name'],
    [{ name: long }, '/name'],
    [{ name: [CANARY] }, '/name'],
    [{ description: long }, '/description'],
    [{ description: 7 }, '/description'],
    [{ provider: CANARY }, '/provider'],
    [{ provider: '' }, '/provider'],
    [{ provider: {} }, '/provider'],
    [{ method: CANARY }, '/method'],
    [{ purpose: CANARY }, '/purpose'],
    [{ environments: [CANARY] }, '/environments/0'],
    [{ environments: 'dev' }, '/environments'],
    [{ environments: Array.from({ length: 21 }, () => 'dev') }, '/environments'],
    [{ labels: [CANARY] }, '/labels'],
    [{ labels: { ok: 7 } }, '/labels/ok'],
    [{ labels: { '-x': CANARY } }, '/labels/-x'],
    [{ labels: { ok: long } }, '/labels/ok'],
    [{ labels: { ok: `${CANARY}\u{1}` } }, '/labels/ok'],
    [{ labels: Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`l${at}`, ''])) }, '/labels'],
    [{ tls: CANARY }, '/tls'],
    [{ tls: 'verify' }, '/tls'],
    [{ tls: 'custom-ca', url: 'registry.example.com' }, '/ca'],
    [{ ca: pem }, '/tls'],
    [{ url: 'registry.example.com', ca: CANARY }, '/ca'],
    [{ url: 'registry.example.com', ca: cert }, '/ca'],
    [{ url: 'registry.example.com', ca: `${pem}${key}` }, '/ca'],
    [{ url: 'registry.example.com', ca: `${pem}${cert}` }, '/ca'],
    [{ url: 'registry.example.com', ca: pem.replace('MII', `MII${CANARY}`) }, '/ca'],
    [{ url: 'registry.example.com', ca: pem.repeat(100) }, '/ca'],
    [{ url: 'registry.example.com', ca: `${pem}${'\n'.repeat(31_000 - 2 * pem.length)}${pem}` }, '/ca'],
    [{ tokenRealm: CANARY }, '/tokenRealm'],
    [{ tokenRealm: 'ftp://tokens.example.com/' }, '/tokenRealm'],
    [{ tokenRealm: `https://user:${CANARY}@tokens.example.com/` }, '/tokenRealm'],
    [{ tokenRealm: `https://tokens.example.com/?token=${CANARY}` }, '/tokenRealm'],
    [{ tokenRealm: `https://tokens.example.com/${long}` }, '/tokenRealm'],
    [{ enabled: 'true' }, '/enabled'],
    [{ default: 1 }, '/default'],
    [{ rotationPolicy: { everyDays: 0 } }, '/rotationPolicy/everyDays'],
    [{ rotationPolicy: { everyDays: 30, colour: CANARY } }, '/rotationPolicy/colour'],
    [{ expiresAt: CANARY }, '/expiresAt'],
    [{ expiresAt: '2001-01-01T00:00:00Z' }, '/expiresAt'],
    [{ expiresAt: '2099-02-30T00:00:00Z' }, '/expiresAt'],
    [{ expiresAt: '2099-01-01' }, '/expiresAt'],
    [{ url: undefined }, '/url'],
    [{ url: '' }, '/url'],
    [{ url: 7 }, '/url'],
    [{ url: long }, '/url'],
    [{ url: `https://ci:${CANARY}@registry.example.com` }, '/url'],
    [{ url: `${CANARY}@registry.example.com` }, '/url'],
    [{ url: `registry.example.com?token=${CANARY}` }, '/url'],
    [{ url: `registry.example.com#${CANARY}` }, '/url'],
    [{ url: 'ftp://registry.example.com' }, '/url'],
    [{ url: 'file:///etc/passwd' }, '/url'],
    [{ url: 'registry.example.com:99999' }, '/url'],
    [{ url: 'registry.example.com:0' }, '/url'],
    [{ url: 'registry example.com' }, '/url'],
    [{ url: 'registry.example.com\r\nhost: other' }, '/url'],
    [{ username: undefined }, '/username'],
    [{ username: '' }, '/username'],
    [{ username: `ci:${CANARY}` }, '/username'],
    [{ username: `ci\r\n${CANARY}` }, '/username'],
    [{ username: long }, '/username'],
    [{ password: undefined }, '/password'],
    [{ password: '' }, '/password'],
    [{ password: null }, '/password'],
    [{ password: [CANARY] }, '/password'],
    [{ password: `${CANARY}\n` }, '/password'],
    [{ password: `${CANARY}\ud800` }, '/password'],
    [{ password: CANARY.repeat(2000) }, '/password'],
    [{ id: 'cred-01arz3ndektsv4rrffq69g5fav' }, '/id'],
    [{ active: {} }, '/active'],
    [{ repositories: [] }, '/repositories'],
  ])('%o is refused', async ([more, pointer]) => {
    for (const query of ['', '?check=skip'])
      expect(await outcome(await service.post(`${CREDENTIALS}${query}`, login(more)))).toMatchObject(
        refused(400, 'INVALID_INPUT', pointer),
      );
  });

  test('labels.__proto__ is refused', async () => {
    const raw = JSON.stringify(login()).replace('{', '{"labels":{"__proto__":"x"},');

    expect(await outcome(await service.request('POST', CREDENTIALS, undefined, { raw }))).toMatchObject(
      refused(400, 'INVALID_INPUT', '/labels/__proto__'),
    );
  });

  test('of a query may have one of its values', async () => {
    expect(await outcome(await service.post(`${CREDENTIALS}?check=${CANARY}`, login()))).toMatchObject(
      refused(400, 'INVALID_INPUT', '?check'),
    );
  });

  test('name that is taken is refused', async () => {
    expect(await outcome(await service.post(CREDENTIALS, login({ name: 'stored' })))).toMatchObject(
      refused(409, 'NAME_TAKEN', '/name'),
    );
  });
});

describe('an address that the guard refuses', () => {
  const METADATA = [
    '169.254.169.254',
    '168.63.129.16',
    '[fd00:ec2::254]',
    '100.100.100.200',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '[::ffff:169.254.169.254]',
    '[64:ff9b::a9fe:a9fe]',
    '169.254.43518',
  ];
  const OWN = [
    '127.1',
    '0x7f000001',
    '2130706433',
    '0177.0.0.1',
    '[::1]',
    '[::]',
    '0.0.0.0',
    '[::ffff:127.0.0.1]',
    '127.0.0.1',
    'localhost',
    'LOCALHOST.',
    '①②⑦.0.0.1',
    '127。0。0。1',
  ];
  const PRIVATE = ['10.0.0.1', '192.168.1.1', '172.16.0.1', '[fc00::1]', '0xa.0.0.1', '100.64.0.1'];
  const OTHER = [
    '[::ffff:10.0.0.1]',
    '224.0.0.1',
    '255.255.255.255',
    '[ff02::1]',
    '8.8.8.8',
    '[2001:4860:4860::8888]',
    'registry',
    'registry.local',
    'registry.internal',
    'registry.example.com:8443',
  ];

  test.for([...METADATA, ...PRIVATE, ...OTHER])('%s', async (url) => {
    for (const query of ['', '?check=skip'])
      expect(await outcome(await service.post(`${CREDENTIALS}${query}`, login({ url })))).toMatchObject(
        refused(422, 'ADDRESS_BLOCKED', '/url'),
      );
  });

  test.for(OWN)('%s, which is this machine, in any spelling', async (url) => {
    await using strict = await startDocumentedService({ policy: { network: { relaxed: {} } } });

    for (const query of ['', '?check=skip'])
      expect(await strict.post(`${CREDENTIALS}${query}`, login({ url }))).toMatchObject({
        status: 422,
        json: { code: 'ADDRESS_BLOCKED', errors: [{ pointer: '/url', hint: expect.any(String) }] },
      });
    expect(await projectState(strict)).toMatchObject({ live: [], deleted: [] });
  });

  test.for(PRIVATE)('%s: the hint names what the operator can do', async (url) => {
    const { json } = await service.post(CREDENTIALS, login({ url }));

    expect(json.errors[0].hint).toContain('projects[].networks');
  });

  test('a plain address that is not relaxed, and a certificate that may not go unverified', async () => {
    for (const query of ['', '?check=skip']) {
      const plain = login({ url: 'http://registry.example.com' });
      expect(await outcome(await service.post(`${CREDENTIALS}${query}`, plain))).toMatchObject(
        refused(422, 'PLAIN_HTTP_NOT_ALLOWED', '/url'),
      );
      const unverified = login({ url: 'registry.example.com', tls: 'skip-verify' });
      expect(await outcome(await service.post(`${CREDENTIALS}${query}`, unverified))).toMatchObject(
        refused(422, 'ADDRESS_BLOCKED', '/url'),
      );
    }
  });
});

/** A body in pieces, whose length nobody is told. */
async function sendChunked(
  method: string,
  address: string,
  pieces: string[],
): Promise<{ status: number | undefined; json: unknown }> {
  const token = await service.token();
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'if-match': '*' };
    const request = httpRequest(`${service.url}${address}`, { method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode, json: JSON.parse(Buffer.concat(parts).toString()) }));
    });
    request.on('error', reject);
    for (const piece of pieces) request.write(piece);
    request.end();
  });
}
