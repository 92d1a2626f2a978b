import { describe, expect, test } from 'vitest';
import { Secret } from '../../shared/lib/secret.ts';
import { dockerConfig } from '../../shared/oci/docker-config.ts';
import { asItIs } from '../../shared/oci/login.ts';

const login = (username = 'ci', password = 'pässword:1') => asItIs(username, new Secret(password));

describe('dockerConfig', () => {
  test('writes user name, password and both in base64, under every key', () => {
    const entry = { username: 'ci', password: 'pässword:1', auth: 'Y2k6cMOkc3N3b3JkOjE=' };

    expect(dockerConfig([{ keys: ['registry.example.com', 'registry.example.com:5000'], login: login() }])).toEqual({
      auths: { 'registry.example.com': entry, 'registry.example.com:5000': entry },
    });
  });

  test('keeps a key file as it is', () => {
    const key = '{"private_key":"-----BEGIN\\nx"}';

    const { auths } = dockerConfig([{ keys: ['eu.gcr.io'], login: login('_json_key', key) }]);

    expect(Buffer.from(auths['eu.gcr.io']?.auth ?? '', 'base64').toString()).toBe(`_json_key:${key}`);
  });

  test.for([
    ['ghcr.io', 'https://ghcr.io'],
    ['ghcr.io', 'http://GHCR.io/v2/'],
    ['https://index.docker.io/v1/', 'index.docker.io'],
    ['ghcr.io', 'ghcr.io'],
  ])('refuses %s beside %s', ([one = '', other = '']) => {
    expect(() =>
      dockerConfig([
        { keys: [one], login: login() },
        { keys: [other], login: login() },
      ]),
    ).toThrow(RangeError);
  });

  test('takes different paths of a host, and different ports', () => {
    const keys = ['ghcr.io', 'ghcr.io/team', 'ghcr.io/team/app', 'ghcr.io:5000'];

    expect(Object.keys(dockerConfig([{ keys, login: login() }]).auths)).toEqual(keys);
  });

  test.for([
    ['', 'canary-secret'],
    ['a:b', 'canary-secret'],
    ['a\nb', 'canary-secret'],
    ['ci', 'canary-secret\r'],
    ['ci', 'canary-secret\u0000'],
  ])('refuses the login %j, %j without repeating it', ([username = '', password = '']) => {
    const writing = () => dockerConfig([{ keys: ['ghcr.io'], login: login(username, password) }]);

    expect(writing).toThrow(RangeError);
    expect(writing).not.toThrow('canary');
  });
});
