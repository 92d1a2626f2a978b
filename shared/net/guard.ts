import { assertAddressAllowed, classifyAddress, isAddress, isLocalName } from './addresses.ts';
import { BlockedError } from './net-error.ts';
import { hostPort, matchesHost, redirectedTo, relaxationsFor } from './network-policy.ts';
import type { HostPort, NetworkPolicy, Relaxation } from './network-policy.ts';

/** How the registry's own origin is spoken to. `skip-verify` and `plain-http` need the operator's permission. */
export type TlsMode = 'verify' | 'custom-ca' | 'skip-verify' | 'plain-http';

/** What a request is judged by: the operator's policy, the project's lists, and the registry that a session is for. */
export interface GuardScope {
  policy: NetworkPolicy;
  /** The registry's. TLS relaxations hold here and nowhere else. */
  origin: string;
  tls: TlsMode;
  networks: string[];
  /** Absent: any registry. */
  hosts: string[] | undefined;
}

export interface GuardedUrl {
  url: URL;
  host: string;
  /** Where the connection goes. */
  to: HostPort;
  /** For the addresses that the name turns out to have. Throws BlockedError. */
  assertAllowed: (address: string) => void;
}

const ANY_NETWORK = ['0.0.0.0/0', '::/0'];

/** Judges an address without the network. `URL` has put every notation of an address into one. Throws BlockedError. */
export function guardUrl(text: string | URL, scope: GuardScope): GuardedUrl {
  const url = URL.parse(String(text));
  if (!url) throw new BlockedError('INVALID_URL', 'The address is not a URL.', 'Check its spelling.');
  if (url.username || url.password)
    throw new BlockedError('USER_INFO', 'The address carries a user name.', 'Give the login on its own.');
  const address = hostPort(url);
  const relaxed = relaxationsFor(scope.policy, address);
  const isRegistry = url.origin === scope.origin;

  if (isRegistry) assertNameable(address, scope);
  assertScheme(url, address, isRegistry && relaxed?.has('plain-http') === true);
  if (isRegistry && scope.tls === 'skip-verify') assertSkipVerify(address, relaxed);
  if (address.port !== 443 && !relaxed) throw portNotListed(address);

  const redirect = redirectedTo(scope.policy, address);
  const allowance = redirect
    ? { networks: ANY_NETWORK, loopback: true }
    : { networks: scope.networks, loopback: relaxed?.has('loopback') === true };
  const to = redirect ?? address;
  const assertAllowed = (ip: string) => assertAddressAllowed(address.host, ip, allowance);
  if (isAddress(to.host)) assertAllowed(to.host);
  if (!redirect && !relaxed) assertPublicName(address.host);
  return { url, host: address.host, to, assertAllowed };
}

function assertNameable(address: HostPort, { hosts }: GuardScope): void {
  if (!hosts || matchesHost(hosts, address)) return;
  throw new BlockedError(
    'HOST_NOT_LISTED',
    `This project may not use the registry ${address.host}.`,
    'Ask the operator to add it to projects[].hosts of the policy.',
  );
}

function assertScheme(url: URL, { host, port }: HostPort, isPlainAllowed: boolean): void {
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isPlainAllowed)) return;
  if (url.protocol !== 'http:') {
    throw new BlockedError('SCHEME', `Addresses begin with https://, not ${url.protocol}`, 'Use the https address.');
  }
  throw new BlockedError(
    'PLAIN_HTTP',
    `Plain http to ${host}:${port} is not allowed.`,
    `Use https, or ask the operator to list "${host}:${port}" with "plain-http" in network.relaxed of the policy.`,
    'PLAIN_HTTP_NOT_ALLOWED',
  );
}

function assertSkipVerify({ host, port }: HostPort, relaxed: Set<Relaxation> | undefined): void {
  if (relaxed?.has('skip-verify')) return;
  throw new BlockedError(
    'SKIP_VERIFY',
    `The certificate of ${host}:${port} may not go unverified.`,
    `Use tls "custom-ca", or ask the operator to list "${host}:${port}" with "skip-verify" in network.relaxed of the policy.`,
  );
}

function portNotListed({ host, port }: HostPort): BlockedError {
  return new BlockedError(
    'PORT_NOT_LISTED',
    `Port ${port} of ${host} is not allowed.`,
    `Use port 443, or ask the operator to list "${host}:${port}" in network.relaxed of the policy.`,
  );
}

/** A literal in one of the project's networks is as good as a name; a public one is mostly a name server's way around the guard. */
function assertPublicName(host: string): void {
  if (isAddress(host) && classifyAddress(host) === 'public') {
    throw new BlockedError(
      'IP_LITERAL',
      `${host} is an address, not a name.`,
      'Use the name of the registry, which is in its certificate.',
    );
  }
  if (!isAddress(host) && isLocalName(host)) {
    throw new BlockedError(
      'LOCAL_NAME',
      `${host} is a local name.`,
      'Use the full name, or ask the operator to list host and port in network.relaxed of the policy.',
    );
  }
}
