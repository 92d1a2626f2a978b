import { describe, expect, test } from 'vitest';
import { guardedNetwork } from '../../shared/net/guarded.ts';
import type { SessionOptions } from '../../shared/net/guarded.ts';
import type { NetworkPolicy } from '../../shared/net/network-policy.ts';

const inspecting =
  (options: Partial<SessionOptions>, policy: Partial<NetworkPolicy> = {}) =>
  () =>
    guardedNetwork({ inAzure: false, ...policy }).inspect({ host: 'registry.example.com', tls: 'verify', ...options });

describe('an address, judged without the network', () => {
  test.for(['ghcr.io', 'registry.example.com', 'xn--mnchen-3ya.de'])('%s is fine', (host) => {
    expect(inspecting({ host })).not.toThrow();
  });

  test.for([
    ['127.0.0.1', 'LOOPBACK_ADDRESS'],
    ['2130706433', 'LOOPBACK_ADDRESS'],
    ['0x7f.1', 'LOOPBACK_ADDRESS'],
    ['0177.0.0.1', 'LOOPBACK_ADDRESS'],
    ['127.1', 'LOOPBACK_ADDRESS'],
    ['127.0.0.1.', 'LOOPBACK_ADDRESS'],
    ['[::1]', 'LOOPBACK_ADDRESS'],
    ['[::ffff:127.0.0.1]', 'RESERVED_ADDRESS'],
    ['[::ffff:a9fe:a9fe]', 'METADATA_ADDRESS'],
    ['0', 'RESERVED_ADDRESS'],
    ['169.254.169.254', 'METADATA_ADDRESS'],
    ['0xa9fea9fe', 'METADATA_ADDRESS'],
    ['10.0.0.1', 'PRIVATE_ADDRESS'],
    ['8.8.8.8', 'IP_LITERAL'],
    ['localhost', 'LOCAL_NAME'],
    ['localhost.', 'LOCAL_NAME'],
    ['LOCALHOST', 'LOCAL_NAME'],
    ['registry', 'LOCAL_NAME'],
    ['metadata.google.internal', 'LOCAL_NAME'],
    ['api.default.svc', 'LOCAL_NAME'],
    ['registry.example.com:5000', 'PORT_NOT_LISTED'],
    ['registry.example.com:80', 'PORT_NOT_LISTED'],
    ['user:pw@registry.example.com', 'USER_INFO'],
  ])('%s is refused: %s', ([host = '', reason]) => {
    expect(inspecting({ host })).toThrow(expect.objectContaining({ code: 'ADDRESS_BLOCKED', reason }));
  });

  test('a private literal is fine in a network of the project', () => {
    expect(inspecting({ host: '10.20.0.7', networks: ['10.20.0.0/16'] })).not.toThrow();
  });

  test('a listed port is fine, by number or by *', () => {
    expect(inspecting({ host: 'registry.example.com:5000' }, { relaxed: { 'registry.example.com:5000': [] } })).not.toThrow();
    expect(inspecting({ host: 'registry.example.com:5000' }, { relaxed: { 'registry.example.com:*': [] } })).not.toThrow();
    expect(inspecting({ host: 'registry.example.com:5001' }, { relaxed: { 'registry.example.com:5000': [] } })).toThrow(
      'Port 5001',
    );
  });

  test('an IPv6 address is listed in brackets', () => {
    expect(inspecting({ host: '[::1]:5000' }, { relaxed: { '[::1]:5000': ['loopback'] } })).not.toThrow();
  });

  test('plain http needs the permission of the operator, and has a code of its own', () => {
    const host = 'old.example.com';
    const refusal = expect.objectContaining({ code: 'PLAIN_HTTP_NOT_ALLOWED' });

    expect(inspecting({ host, tls: 'plain-http' })).toThrow(refusal);
    expect(inspecting({ host, tls: 'plain-http' }, { relaxed: { 'old.example.com:80': ['loopback'] } })).toThrow(refusal);
    expect(inspecting({ host, tls: 'plain-http' }, { relaxed: { 'old.example.com:80': ['plain-http'] } })).not.toThrow();
  });

  test('skip-verify needs the permission of the operator', () => {
    expect(inspecting({ tls: 'skip-verify' })).toThrow(expect.objectContaining({ reason: 'SKIP_VERIFY' }));
    expect(inspecting({ tls: 'skip-verify' }, { relaxed: { 'registry.example.com:443': ['skip-verify'] } })).not.toThrow();
  });

  test('custom-ca needs none', () => {
    expect(inspecting({ tls: 'custom-ca' })).not.toThrow();
  });

  test('a project with a list of hosts may name no other', () => {
    const hosts = ['*.example.com', 'ghcr.io'];

    expect(inspecting({ host: 'registry.example.com', hosts })).not.toThrow();
    expect(inspecting({ host: 'ghcr.io', hosts })).not.toThrow();
    expect(inspecting({ host: 'registry.example.com.evil.org', hosts })).toThrow(
      expect.objectContaining({ reason: 'HOST_NOT_LISTED' }),
    );
    expect(inspecting({ host: 'ghcrxio.org', hosts })).toThrow(expect.objectContaining({ reason: 'HOST_NOT_LISTED' }));
  });

  test('loopback and connectTo are ignored in Azure', () => {
    const relaxed = { '127.0.0.1:*': ['plain-http' as const, 'loopback' as const] };
    const connectTo = { 'registry:443': '127.0.0.1:4443' };

    expect(inspecting({ host: '127.0.0.1:5000', tls: 'plain-http' }, { relaxed })).not.toThrow();
    expect(inspecting({ host: '127.0.0.1:5000', tls: 'plain-http' }, { relaxed, inAzure: true })).toThrow(
      expect.objectContaining({ reason: 'LOOPBACK_ADDRESS' }),
    );
    expect(inspecting({ host: 'registry' }, { connectTo })).not.toThrow();
    expect(inspecting({ host: 'registry' }, { connectTo, inAzure: true })).toThrow(
      expect.objectContaining({ reason: 'LOCAL_NAME' }),
    );
  });

  test('even the operator cannot send a connection to a metadata address', () => {
    expect(inspecting({}, { connectTo: { 'registry.example.com:443': '169.254.169.254:80' } })).toThrow(
      expect.objectContaining({ reason: 'METADATA_ADDRESS' }),
    );
  });
});
