import { describe, expect, test } from 'vitest';
import { assertAddressAllowed, classifyAddress, isLocalName } from '../../shared/net/addresses.ts';

const allows =
  (address: string, networks: string[], loopback = false) =>
  () =>
    assertAddressAllowed('registry.example.com', address, { networks, loopback });

describe('classifyAddress', () => {
  test.for([
    ['8.8.8.8', 'public'],
    ['2606:4700::6810:84e5', 'public'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12::1', 'private'],
    ['127.0.0.1', 'loopback'],
    ['127.255.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['169.254.169.254', 'metadata'],
    ['169.254.170.2', 'metadata'],
    ['fe80::1', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['fd00:ec2:0:0:0:0:0:23', 'metadata'],
    ['fd00:ec2::254%eth0', 'metadata'],
    ['fd20:ce::254', 'metadata'],
    ['fd00:c1::a9fe:a9fe', 'metadata'],
    ['fd00:42::42', 'metadata'],
    ['fd00:a9fe:a9fe::1', 'metadata'],
    ['fd00:100::100:200', 'metadata'],
    ['0.0.0.0', 'reserved'],
    ['0.1.2.3', 'reserved'],
    ['::', 'reserved'],
    ['192.0.0.1', 'reserved'],
    ['198.18.0.1', 'reserved'],
    ['203.0.113.7', 'reserved'],
    ['224.0.0.1', 'reserved'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['fec0::1', 'reserved'],
    ['ff02::1', 'reserved'],
    ['2001:db8::1', 'reserved'],
    ['4000::1', 'reserved'],
    ['not an address', 'reserved'],
  ] as const)('%s is %s', ([address, kind]) => {
    expect(classifyAddress(address)).toBe(kind);
  });

  test.for([
    ['::ffff:8.8.8.8', 'mapped'],
    ['::ffff:7f00:1', 'mapped'],
    ['::8.8.8.8', 'compatible'],
    ['::7f00:1', 'compatible'],
    ['64:ff9b::808:808', 'NAT64'],
    ['64:ff9b:1::a00:1', 'local NAT64'],
    ['2002:7f00:1::1', '6to4'],
    ['2002:808:808::1', '6to4'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'Teredo'],
  ])('%s (%s) is never public, whatever it carries', ([address]) => {
    expect(classifyAddress(address ?? '')).toBe('reserved');
  });

  test.for([
    '::ffff:169.254.169.254',
    '::169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    // Teredo inverts the client's address: 5601:5601 is 169.254.169.254.
    '2001:0:808:808::5601:5601',
    '::ffff:168.63.129.16',
  ])('%s carries a metadata address', (address) => {
    expect(classifyAddress(address)).toBe('metadata');
  });
});

describe('assertAddressAllowed', () => {
  test('a private address is allowed in a network of the project', () => {
    expect(allows('10.20.30.40', ['10.20.0.0/16'])).not.toThrow();
    expect(allows('fd12::1', ['10.0.0.0/8', 'fd12::/16'])).not.toThrow();
  });

  test('a private address elsewhere is refused, and the hint names the setting', () => {
    expect(allows('10.21.0.1', ['10.20.0.0/16'])).toThrow(
      expect.objectContaining({
        code: 'ADDRESS_BLOCKED',
        reason: 'PRIVATE_ADDRESS',
        hint: expect.stringContaining('projects[].networks'),
      }),
    );
  });

  test.for(['169.254.169.254', '168.63.129.16', 'fd00:ec2::254', 'fd20:ce::254', '100.100.100.200', 'fe80::1'])(
    '%s is refused, whatever is allowed',
    (address) => {
      expect(allows(address, ['0.0.0.0/0', '::/0'], true)).toThrow(expect.objectContaining({ reason: 'METADATA_ADDRESS' }));
    },
  );

  test.for(['0.0.0.0', '::ffff:10.0.0.1', '127.0.0.1'])('%s is refused, though a network covers it', (address) => {
    expect(allows(address, ['0.0.0.0/0', '::/0'])).toThrow(expect.objectContaining({ code: 'ADDRESS_BLOCKED' }));
  });

  test('the refusal does not tell what the name resolved to', () => {
    expect(allows('10.1.2.3', [])).not.toThrow('10.1.2.3');
  });
});

describe('isLocalName', () => {
  test.for([
    'localhost',
    'registry',
    'x.localhost',
    'metadata.google.internal',
    'printer.local',
    'api.default.svc',
    'api.ns.svc.cluster.example',
  ])('%s is local', (name) => {
    expect(isLocalName(name)).toBe(true);
  });

  test.for(['ghcr.io', 'internal.example.com', 'localhost.example.com', 'svc.example.com'])('%s is not', (name) => {
    expect(isLocalName(name)).toBe(false);
  });
});
