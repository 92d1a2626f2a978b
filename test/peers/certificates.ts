import { createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, boolean, explicit, implicit, integer, octets, oid, sequence, setOf, small, time, utf8 } from './der.ts';

const DAY = 86_400_000;
const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

interface LeafOptions {
  /** Names and IPv4 addresses. */
  hosts: string[];
  notAfter?: Date;
  /** The key to certify; absent: a new one. */
  key?: KeyObject;
}

/** What a TLS server takes: both in PEM. */
export interface Leaf {
  key: string;
  cert: string;
}

export interface Authority {
  /** Its certificate, in PEM. */
  pem: string;
  issue(options: LeafOptions): Leaf;
}

/** A certificate authority that lives as long as the test. */
export function createAuthority(name = 'A test authority'): Authority {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = certify({
    subject: name,
    issuer: name,
    publicKey: createPublicKey(privateKey),
    signer: privateKey,
    extensions: authorityExtensions(),
  });
  return {
    pem,
    issue: ({ hosts, notAfter, key }) => {
      const leafKey = key ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
      const publicKey = createPublicKey(leafKey);
      const cert = certify({
        subject: hosts[0] ?? name,
        issuer: name,
        publicKey,
        signer: privateKey,
        notAfter,
        extensions: [alternativeNames(hosts)],
      });
      return { key: leafKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
    },
  };
}

/** A server's certificate that vouches for itself, and is no authority. */
export function selfSigned(hosts: string[]): Leaf {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = hosts[0] ?? 'localhost';
  const cert = certify({
    subject: name,
    issuer: name,
    publicKey: createPublicKey(privateKey),
    signer: privateKey,
    extensions: [alternativeNames(hosts)],
  });
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
}

interface Certificate {
  subject: string;
  issuer: string;
  publicKey: KeyObject;
  signer: KeyObject;
  notAfter?: Date | undefined;
  extensions: Uint8Array[];
}

/** RFC 5280, section 4.1. */
function certify({ subject, issuer, publicKey, signer, notAfter = new Date(Date.now() + DAY), extensions }: Certificate): string {
  const notBefore = new Date(Math.min(Date.now(), notAfter.getTime()) - DAY);
  const body = sequence(
    explicit(0, small(2)),
    integer(randomBytes(16)),
    ECDSA_SHA256,
    distinguishedName(issuer),
    sequence(time(notBefore), time(notAfter)),
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions)),
  );
  const der = sequence(body, ECDSA_SHA256, bits(sign('sha256', body, signer)));
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function distinguishedName(commonName: string): Uint8Array {
  return sequence(setOf(sequence(oid('2.5.4.3'), utf8(commonName))));
}

function authorityExtensions(): Uint8Array[] {
  const basicConstraints = sequence(oid('2.5.29.19'), boolean(true), octets(sequence(boolean(true))));
  // keyCertSign and cRLSign.
  const keyUsage = sequence(oid('2.5.29.15'), boolean(true), octets(bits(Uint8Array.of(0x06), 1)));
  return [basicConstraints, keyUsage];
}

function alternativeNames(hosts: string[]): Uint8Array {
  const names = hosts.map((host) =>
    isIP(host) === 4 ? implicit(7, Uint8Array.from(host.split('.'), Number)) : implicit(2, Buffer.from(host)),
  );
  return sequence(oid('2.5.29.17'), octets(sequence(...names)));
}
