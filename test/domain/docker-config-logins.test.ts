import { describe, expect, test } from 'vitest';
import { DockerConfig, dockerConfigLogins } from '../../shared/domain/docker-config-logins.ts';
import { readImport } from '../../shared/domain/import-document.ts';

const LOGIN = { username: 'ci', password: 'canary-password' };
const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') });
const read = (config: object) => dockerConfigLogins(DockerConfig.parse(config));

describe('dockerConfigLogins', () => {
  test.for<[string, string, string]>([
    ['registry.example.com', 'registry.example.com', 'registry.example.com'],
    ['https://registry.example.com', 'registry.example.com', 'registry.example.com'],
    ['https://registry.example.com/v2/', 'registry.example.com', 'registry.example.com'],
    ['https://index.docker.io/v1/', 'index.docker.io', 'index.docker.io'],
    ['docker.io', 'docker.io', 'docker.io'],
    ['registry.example.com:5000', 'registry.example.com:5000', 'registry.example.com:5000'],
    ['quay.io/team/app', 'quay.io/team/app', 'quay.io/team/app'],
    ['http://registry.example.com', 'registry.example.com', 'http://registry.example.com'],
    ['localhost:5000', 'localhost:5000', 'http://localhost:5000'],
    ['127.0.0.1:5000', '127.0.0.1:5000', 'http://127.0.0.1:5000'],
    ['https://localhost:5000', 'localhost:5000', 'localhost:5000'],
    ['localhost.example.com', 'localhost.example.com', 'localhost.example.com'],
  ])('reads the key %s', ([key, name, url]) => {
    const pointer = `/auths/${key.replaceAll('/', '~1')}`;

    expect(read({ auths: { [key]: auth('ci:canary-password') } })).toEqual([{ pointer, name, wanted: { url, ...LOGIN } }]);
  });

  test.for<[string, object, object]>([
    ['auth', auth('ci:canary-password'), LOGIN],
    ['user name and password', LOGIN, LOGIN],
    ['all three, of which docker takes auth', { ...auth('ci:canary-password'), username: 'x', password: 'y' }, LOGIN],
    ['an empty auth beside them', { auth: '', ...LOGIN }, LOGIN],
    ['a colon in the password', auth('ci:a:b:c'), { username: 'ci', password: 'a:b:c' }],
    ['letters beyond ASCII', auth('jö:pässwörd🔑'), { username: 'jö', password: 'pässwörd🔑' }],
    ['NUL characters at its end', auth('ci:canary-password\0\0'), LOGIN],
    ['white space around auth', { auth: ` ${auth('ci:canary-password').auth}\n` }, LOGIN],
    ['what docker no longer writes', { ...auth('ci:canary-password'), email: 'ci@example.com' }, LOGIN],
  ])('reads a login of %s', ([, entry, expected]) => {
    expect(read({ auths: { 'a.example.com': entry } })).toMatchObject([{ wanted: expected }]);
  });

  test.for<[string, unknown, string, object]>([
    ['bad base64', { auth: 'canary-password!' }, 'NOT_BASE64', {}],
    ['base64 of bytes', { auth: Buffer.from([0xff, 0xfe, 0x3a]).toString('base64') }, 'NOT_BASE64', {}],
    ['no colon', auth('canary-password'), 'NO_COLON', {}],
    ['no password', auth('ci:'), 'NO_LOGIN', {}],
    ['no user name', auth(':canary-password'), 'NO_LOGIN', {}],
    ['nothing in it', {}, 'NO_LOGIN', {}],
    ['an identity token', { ...auth('00000000-0000-0000-0000-000000000000:'), identitytoken: 'canary' }, 'IDENTITY_TOKEN', {}],
    ['a registry token', { registrytoken: 'canary' }, 'IDENTITY_TOKEN', {}],
    ['nothing in it, and a credential store', {}, 'CREDENTIAL_STORE', { credsStore: 'desktop' }],
    ['nothing in it, and a helper', {}, 'CREDENTIAL_HELPER', { credHelpers: { 'a.example.com': 'ecr-login' } }],
    ['a text for an entry', 'canary', 'WRONG_TYPE', {}],
    ['null for an entry', null, 'WRONG_TYPE', {}],
    ['a list for its auth', { auth: ['canary'] }, 'WRONG_TYPE', {}],
  ])('says what is wrong with %s, and repeats nothing', ([, entry, code, more]) => {
    const [found, ...others] = read({ auths: { 'a.example.com': entry }, ...more });

    expect(others).toEqual([]);
    expect(found).toMatchObject({ pointer: '/auths/a.example.com', name: 'a.example.com' });
    expect(found?.failure?.details.errors).toMatchObject([{ code, hint: expect.stringMatching(/\S/) }]);
    expect(found).not.toHaveProperty('wanted');
    expect(JSON.stringify([found, found?.failure?.message, found?.failure?.details])).not.toContain('canary');
  });

  test.for(['https://ci:canary-password@registry.example.com', 'registry.example.com/?token=canary', 'canary canary', ''])(
    'does not repeat a key that is no address',
    (key) => {
      const [found] = read({ auths: { [key]: auth('ci:canary-password') } });

      expect(found?.pointer).toBe('/auths');
      expect(found?.failure?.code).toBe('INVALID_INPUT');
      expect(JSON.stringify([found, found?.failure?.message, found?.failure?.details])).not.toContain('canary');
    },
  );

  test.for(['access-token', 'refresh-token'])('does not take the %s of a login by browser for another login', (name) => {
    const key = `https://index.docker.io/v1/${name}`;

    const [found] = read({ auths: { [key]: auth('ci:canary-token') } });

    expect(found).not.toHaveProperty('wanted');
    expect(found?.failure?.details.errors).toMatchObject([{ code: 'IDENTITY_TOKEN', hint: expect.stringMatching(/\S/) }]);
  });

  test('does not repeat the key of a helper that is no text', () => {
    const body = { credHelpers: { 'https://ci:canary-password@a.example.com': 7 } };

    const { candidates } = readImport(body);

    expect(candidates).toMatchObject([{ pointer: '/credHelpers', failure: { code: 'INVALID_INPUT' } }]);
    expect(JSON.stringify(candidates)).not.toContain('canary');
  });

  test('tells of registries whose logins a helper makes', () => {
    const config = { auths: { 'a.example.com': LOGIN }, credHelpers: { 'a.example.com': 'x', 'b.example.com': 'ecr-login' } };

    expect(read(config)).toMatchObject([
      { pointer: '/auths/a.example.com', wanted: LOGIN },
      { pointer: '/credHelpers/b.example.com', name: 'b.example.com', failure: expect.any(Error) },
    ]);
  });
});
