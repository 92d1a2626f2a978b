import { describe, expect, test } from 'vitest';
import { parseAuthorities } from '../../shared/net/authorities.ts';
import { createAuthority } from '../peers/certificates.ts';

describe('parseAuthorities', () => {
  const authority = createAuthority('The one');
  const leaf = authority.issue({ hosts: ['registry.example.com'] });

  test('reads all certificates of a text', () => {
    const found = parseAuthorities(`A comment\n${authority.pem}\n${createAuthority('The other').pem}`);

    expect(found.map(({ subject }) => subject)).toEqual(['CN=The one', 'CN=The other']);
  });

  test.for([
    ['nothing', '', 'is not a certificate in PEM form'],
    ['other text', 'a CA', 'is not a certificate in PEM form'],
    ['a broken certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', 'that can be read'],
    ["a server's certificate", leaf.cert, 'not that of an authority'],
    ['a private key', authority.pem + leaf.key, 'other than certificates'],
  ] as const)('refuses %s', ([, pem, message]) => {
    expect(() => parseAuthorities(pem)).toThrow(message);
  });
});
