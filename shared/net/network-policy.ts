import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';

/** What the operator may relax for one `host:port`. Being listed at all allows the port and a name that is refused elsewhere. */
export type Relaxation = 'plain-http' | 'loopback' | 'skip-verify';

/** The network part of the policy. What is marked "outside Azure" is ignored there: it is for trying and testing. */
export interface NetworkPolicy {
  /** By `host:port` or `host:*`. `loopback` counts outside Azure only. */
  relaxed?: Record<string, Relaxation[]>;
  /** `ghcr.io:443` -> `127.0.0.1:4443`: the connection goes there, TLS name and Host header stay. Outside Azure. */
  connectTo?: Record<string, string>;
  /** Roots trusted besides the system's: PEM text, or the path of such a file. Outside Azure. */
  ca?: string;
  inAzure: boolean;
}

export interface HostPort {
  /** Without brackets around an IPv6 address, without a trailing dot. */
  host: string;
  port: number;
}

/** Splits an address that `URL` has normalised. */
export function hostPort(url: URL): HostPort {
  return {
    host: bareHost(url.hostname),
    port: url.port ? Number(url.port) : url.protocol === 'http:' ? 80 : 443,
  };
}

/** The operator's relaxations for this address, or undefined if it is not listed. */
export function relaxationsFor(policy: NetworkPolicy, { host, port }: HostPort): Set<Relaxation> | undefined {
  const relaxed = policy.relaxed ?? {};
  const lists = [keyOf(host, port), keyOf(host, '*')]
    .filter((key) => Object.hasOwn(relaxed, key))
    .map((key) => relaxed[key] ?? []);
  if (lists.length === 0) return undefined;
  return new Set(lists.flat().filter((entry) => entry !== 'loopback' || !policy.inAzure));
}

/** Where the operator sends connections for this address instead. Throws RangeError for a target that is not `host:port`. */
export function redirectedTo(policy: NetworkPolicy, { host, port }: HostPort): HostPort | undefined {
  const key = keyOf(host, port);
  if (policy.inAzure || !policy.connectTo || !Object.hasOwn(policy.connectTo, key)) return undefined;
  const target = `http://${policy.connectTo[key]}`;
  if (!URL.canParse(target)) throw new RangeError(`network.connectTo: the target of ${key} is not host:port`);
  return hostPort(new URL(target));
}

/** All trusted roots if the operator added some, else undefined: Node's own, which cost nothing to pass. Throws if the file cannot be read. */
export function trustedRoots(policy: NetworkPolicy): string[] | undefined {
  if (policy.inAzure || policy.ca === undefined) return undefined;
  const pem = policy.ca.includes('-----BEGIN') ? policy.ca : readFileSync(policy.ca, 'utf8');
  return [...getCACertificates('default'), pem];
}

/** Whether a host is in a list of globs, in which `*` crosses dots but no `:`. A glob without a port fits any port. */
export function matchesHost(globs: string[], { host, port }: HostPort): boolean {
  return globs.some((glob) => {
    const pattern = new RegExp(
      `^${glob
        .toLowerCase()
        .replaceAll(/[\\^$.+?()[\]{}|]/g, String.raw`\$&`)
        .replaceAll('*', '[^/:]*')}$`,
    );
    return pattern.test(host) || pattern.test(`${host}:${port}`);
  });
}

function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

function keyOf(host: string, port: number | '*'): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
