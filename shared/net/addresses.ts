import ipaddr from 'ipaddr.js';
import { BlockedError } from './net-error.ts';

/**
 * `metadata`: what hands out a machine's own identity; nobody can allow it. `private`: a project's networks can. `loopback`:
 * the operator can, outside Azure. `reserved`: everything else that is no public unicast address.
 */
export type AddressClass = 'public' | 'private' | 'loopback' | 'metadata' | 'reserved';

/** What the operator allows beside public addresses. */
export interface Allowance {
  /** CIDR ranges, which open private addresses only. */
  networks: string[];
  loopback: boolean;
}

/** Link-local addresses count as metadata as a whole; these are the others. */
const METADATA = [
  '168.63.129.16/32', // Azure's wire server: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
  '100.100.100.200/32', // Alibaba Cloud
  'fd00:100::100:200/128', // Alibaba Cloud
  '192.0.0.192/32', // Oracle Cloud
  'fd00:c1::a9fe:a9fe/128', // Oracle Cloud
  'fd00:ec2::/32', // AWS: instance metadata, EKS pod identity, names, time
  'fd20:ce::254/128', // Google Cloud
  'fd00:42::42/128', // Scaleway
  'fd00:a9fe:a9fe::1/128', // Akamai
];

/** Unallocated or special beside what ipaddr.js knows: IPv6 assigns global unicast from 2000::/3 alone (RFC 4291, IANA). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

const CLASS_BY_RANGE: Record<string, AddressClass> = {
  unicast: 'public',
  private: 'private',
  uniqueLocal: 'private',
  carrierGradeNat: 'private',
  loopback: 'loopback',
  linkLocal: 'metadata',
};

/** Reason, text and hint. The address stays out of it: what a name resolves to inside our network is nobody's business. */
const REFUSALS: Record<Exclude<AddressClass, 'public'>, [string, string, string]> = {
  private: [
    'PRIVATE_ADDRESS',
    'in a private network',
    "Ask the operator to add the registry's range to projects[].networks of the policy.",
  ],
  loopback: [
    'LOOPBACK_ADDRESS',
    "this service's own machine",
    'Outside Azure the operator can list host and port with "loopback" in network.relaxed of the policy.',
  ],
  metadata: ['METADATA_ADDRESS', 'a link-local or metadata address', 'Such an address is never allowed.'],
  reserved: ['RESERVED_ADDRESS', 'a reserved address', 'Use the public name of the registry.'],
};

/** The class of an IP address in any textual form; `reserved` for what is none. */
export function classifyAddress(text: string): AddressClass {
  if (!ipaddr.isValid(text)) return 'reserved';
  const address = ipaddr.parse(text);
  if (isInNetworks(text, METADATA)) return 'metadata';
  if (address instanceof ipaddr.IPv6) return classifyIPv6(address);
  return CLASS_BY_RANGE[address.range()] ?? 'reserved';
}

/** Refuses an address that may not be connected to. Throws BlockedError. */
export function assertAddressAllowed(host: string, text: string, allowance: Allowance): void {
  const kind = classifyAddress(text);
  if (kind === 'public') return;
  if (kind === 'loopback' && allowance.loopback) return;
  if (kind === 'private' && isInNetworks(text, allowance.networks)) return;
  throw refusal(host, kind);
}

/** Names that mean this machine or the network it stands in. Ones that merely resolve there are caught by their address. */
export function isLocalName(host: string): boolean {
  return (
    !host.includes('.') ||
    /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home\.arpa|svc)$/.test(host) ||
    host.includes('.svc.')
  );
}

/** Whether the host of a normalised URL is an address rather than a name. */
export function isAddress(host: string): boolean {
  return ipaddr.isValid(host);
}

/** Addresses that carry an IPv4 one lead there through a translator: they are as bad as what they carry and never public. */
function classifyIPv6(address: ipaddr.IPv6): AddressClass {
  const embedded = embeddedIPv4(address).map((inner) => classifyAddress(inner));
  if (embedded.includes('metadata')) return 'metadata';
  const kind = CLASS_BY_RANGE[address.range()] ?? 'reserved';
  if (kind === 'public' && !address.match(GLOBAL_UNICAST)) return 'reserved';
  return kind;
}

/** Mapped, compatible, NAT64, 6to4 and Teredo (which inverts the bits): RFC 4291, 6052, 8215, 3056, 4380. */
function embeddedIPv4(address: ipaddr.IPv6): string[] {
  const bytes = address.toByteArray();
  const at = (start: number) => bytes.slice(start, start + 4).join('.');
  const range: string = address.range();
  if (range === '6to4') return [at(2)];
  if (range === 'teredo')
    return [
      at(4),
      bytes
        .slice(12)
        .map((byte) => byte ^ 0xff)
        .join('.'),
    ];
  const isCompatible = bytes.slice(0, 12).every((byte) => byte === 0);
  return isCompatible || ['ipv4Mapped', 'rfc6145', 'rfc6052'].includes(range) ? [at(12)] : [];
}

function isInNetworks(text: string, networks: string[]): boolean {
  const address = ipaddr.parse(text);
  return networks.some((network) => {
    const [base, bits] = range(network);
    return base.kind() === address.kind() && address.match(base, bits);
  });
}

type Range = ReturnType<typeof ipaddr.parseCIDR>;

const ranges = new Map<string, Range>();

/** Those above and the policy's: they are few, and stay parsed. */
function range(network: string): Range {
  const known = ranges.get(network) ?? ipaddr.parseCIDR(network);
  ranges.set(network, known);
  return known;
}

function refusal(host: string, kind: Exclude<AddressClass, 'public'>): BlockedError {
  const [reason, says, hint] = REFUSALS[kind];
  return new BlockedError(reason, `${host} is ${says}.`, hint);
}
