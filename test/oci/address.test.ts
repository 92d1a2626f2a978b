import { describe, expect, test } from 'vitest';
import { formatRegistryAddress, parseRegistryAddress, repositoryName } from '../../shared/oci/address.ts';

describe('parseRegistryAddress', () => {
  test.for([
    ['ghcr.io', 'ghcr.io'],
    ['  ghcr.io\n', 'ghcr.io'],
    ['https://GHCR.io/Acme/', 'ghcr.io/acme'],
    ['HTTPS://registry.example.com', 'registry.example.com'],
    ['https://index.docker.io/v1/', 'index.docker.io'],
    ['registry.example.com/v2', 'registry.example.com'],
    ['registry.example.com/v2/', 'registry.example.com'],
    ['registry.example.com/v2/team', 'registry.example.com/team'],
    ['registry.example.com.', 'registry.example.com'],
    ['registry.example.com.:443', 'registry.example.com'],
    ['registry.example.com:443', 'registry.example.com'],
    ['registry.example.com:5000', 'registry.example.com:5000'],
    ['registry.example.com:80', 'registry.example.com:80'],
    ['http://registry.example.com:80', 'http://registry.example.com'],
    ['http://registry.example.com:443', 'http://registry.example.com:443'],
    ['registry.example.com/team/my-app//', 'registry.example.com/team/my-app'],
    ['localhost:5000', 'localhost:5000'],
    ['münchen.example', 'xn--mnchen-3ya.example'],
    // Characters that look like letters are those letters, by IDNA.
    ['ⓖⓗⓒⓡ.io', 'ghcr.io'],
    ['contoso.westeurope.geo.azurecr.io', 'contoso.westeurope.geo.azurecr.io'],
    ['europe-west1-docker.pkg.dev/p/r', 'europe-west1-docker.pkg.dev/p/r'],
    // Numbers in any notation are the address that they mean; the guard judges it.
    ['2130706433', '127.0.0.1'],
    ['0x7f.1', '127.0.0.1'],
    ['0177.0.0.1:5000', '127.0.0.1:5000'],
    ['[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
    ['[FD00:EC2:0:0:0:0:0:254]:5000', '[fd00:ec2::254]:5000'],
  ])('%j is %s', ([text = '', canonical = '']) => {
    const address = parseRegistryAddress(text);

    expect(formatRegistryAddress(address)).toBe(canonical);
    expect(parseRegistryAddress(canonical)).toEqual(address);
  });

  test('takes an address apart', () => {
    expect(parseRegistryAddress('http://Registry.example.com:5000/Team/App')).toEqual({
      host: 'registry.example.com:5000',
      repositoryPrefix: 'team/app',
      plainHttp: true,
    });
  });

  test.for([
    ['', 'HOST'],
    ['   ', 'HOST'],
    ['https://', 'HOST'],
    ['/team', 'HOST'],
    [':5000', 'HOST'],
    ['registry.example.com:0', 'HOST'],
    ['registry.example.com:65536', 'HOST'],
    ['registry.example.com:port', 'HOST'],
    ['registry..example.com', 'HOST'],
    ['-registry.example.com', 'HOST'],
    ['my_registry.example.com', 'HOST'],
    [`${'a'.repeat(64)}.example.com`, 'HOST'],
    [`${'a.'.repeat(130)}example.com`, 'HOST'],
    ['[::1', 'HOST'],
    ['ftp://registry.example.com', 'SCHEME'],
    ['http://https://registry.example.com', 'SCHEME'],
    ['oci://registry.example.com', 'SCHEME'],
    ['user:secret@registry.example.com', 'USER_INFO'],
    ['registry.example.com/app@sha256:0000', 'USER_INFO'],
    ['registry.example.com?x=1', 'QUERY'],
    ['registry.example.com#x', 'QUERY'],
    ['registry.exa mple.com', 'CHARACTERS'],
    ['registry.example.com\t/x', 'CHARACTERS'],
    ['registry.example.com\u0000', 'CHARACTERS'],
    ['registry.example.com\\@evil.example', 'USER_INFO'],
    ['registry.example.com\\evil', 'CHARACTERS'],
    ['registry%2eexample.com', 'CHARACTERS'],
    ['registry\u200b.example.com', 'CHARACTERS'],
    ['registry.example.com/../x', 'PATH'],
    ['registry.example.com/app:tag', 'PATH'],
    ['registry.example.com/a//b', 'PATH'],
    [`registry.example.com/${'a'.repeat(256)}`, 'PATH'],
  ])('%j is refused: %s, with a hint and without what was typed', ([text = '', code]) => {
    const refusal = caught(() => parseRegistryAddress(text));

    expect(refusal).toMatchObject({ name: 'AddressError', code, hint: expect.stringMatching(/\w/) });
    expect(JSON.stringify([refusal.message, refusal.hint])).not.toContain('secret');
  });
});

describe('repositoryName', () => {
  test.for(['app', 'team/app', 'a.b_c__d-e---f/0', 'a'.repeat(255)])('%s is one', (name) => {
    expect(repositoryName(name)).toBe(name);
  });

  test.for([
    '',
    'App',
    'team/',
    '/team',
    'a//b',
    '..',
    'a/../b',
    'a:tag',
    'a___b',
    'a..b',
    '-a',
    'a?x',
    'a b',
    'a\n',
    'a'.repeat(256),
  ])('%j is none', (name) => {
    expect(() => repositoryName(name)).toThrow(expect.objectContaining({ name: 'AddressError', code: 'REPOSITORY_NAME' }));
  });
});

function caught(run: () => unknown): Error & { hint: string } {
  try {
    run();
  } catch (error) {
    return error as Error & { hint: string };
  }
  throw new Error('Nothing was thrown.');
}
