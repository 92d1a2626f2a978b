import type { Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { callbackify } from 'node:util';
import type { Client } from 'undici';
import { openConnection, systemResolve } from './connect.ts';
import type { ConnectionTimes, Resolve, Target } from './connect.ts';
import { exchange } from './exchange.ts';
import type { Answer, RequestOptions } from './exchange.ts';
import { guardUrl } from './guard.ts';
import type { GuardScope, TlsMode } from './guard.ts';
import { NetError } from './net-error.ts';
import { trustedRoots } from './network-policy.ts';
import type { NetworkPolicy } from './network-policy.ts';

export interface GuardedLimits {
  /** Milliseconds for name, connection and TLS together. */
  connect: number;
  /** Milliseconds for one request, connecting included. */
  request: number;
  /** Bytes of an answer's body. */
  body: number;
  /** Bytes of an answer's headers. */
  headers: number;
}

const LIMITS: GuardedLimits = { connect: 5_000, request: 15_000, body: 128 * 1024, headers: 16 * 1024 };

export interface SessionOptions {
  /** The registry, `host` or `host:port` as `parseRegistryAddress` gives it. */
  host: string;
  /** Holds for the registry's own origin; every other origin in the session is https and verified. */
  tls: TlsMode;
  /** PEM, for `custom-ca`: then the only authorities that are trusted. */
  ca?: string;
  /** CIDR ranges of the project. */
  networks?: string[];
  /** Globs of the project: the only registries that it may name. */
  hosts?: string[];
  /** Ends all requests and closes all connections. */
  signal?: AbortSignal;
}

/** Connections to one registry and what belongs to it, kept alive until the session is disposed of. */
export interface GuardedSession extends AsyncDisposable {
  /** The registry's, such as `https://registry.example.com:5000`. */
  readonly origin: string;
  readonly tls: TlsMode;
  /** Never follows a redirect. Throws NetError; BlockedError before a byte is sent. */
  request(url: string | URL, options?: RequestOptions): Promise<Answer>;
  /** How the last connection to an origin came about, also if it failed. */
  connectionTimes(origin: string): ConnectionTimes;
}

/** The door to the network for every address that a user can influence. */
export interface Guarded {
  /** Checks what can be seen without the network: scheme, port, name or literal, permission for the TLS mode. Throws BlockedError. */
  inspect(options: SessionOptions): void;
  open(options: SessionOptions): GuardedSession;
}

/** Throws if `policy.ca` cannot be read. Resolver and limits are for tests. */
export function guardedNetwork(
  policy: NetworkPolicy,
  options: { resolve?: Resolve; limits?: Partial<GuardedLimits> } = {},
): Guarded {
  const { resolve = systemResolve } = options;
  const limits = { ...LIMITS, ...options.limits };
  const roots = trustedRoots(policy);
  // Made once: reading 150 roots takes milliseconds.
  const verified = roots && createSecureContext({ ca: roots });
  return {
    inspect: (session) => void guardUrl(originOf(session), scopeOf(policy, session)),
    open: (session) => openSession(scopeOf(policy, session), session, { resolve, limits, verified }),
  };
}

interface Network {
  resolve: Resolve;
  limits: GuardedLimits;
  /** Absent: Node's own roots. */
  verified: SecureContext | undefined;
}

function originOf({ host, tls }: SessionOptions): URL {
  return new URL(`${tls === 'plain-http' ? 'http' : 'https'}://${host}`);
}

function scopeOf(policy: NetworkPolicy, session: SessionOptions): GuardScope {
  return { policy, origin: originOf(session).origin, tls: session.tls, networks: session.networks ?? [], hosts: session.hosts };
}

function openSession(scope: GuardScope, { ca, signal }: SessionOptions, network: Network): GuardedSession {
  const { origin, tls } = scope;
  const { limits, resolve } = network;
  const controller = new AbortController();
  const over = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal;
  // One per origin, so that a connection never serves two TLS settings.
  const clients = new Map<string, Promise<Client>>();
  const times = new Map<string, ConnectionTimes>();

  const connect = async (url: URL) => {
    const taken: ConnectionTimes = {};
    times.set(url.origin, taken);
    // Judged again for every connection, because a name may mean another address by now.
    const { host, to, assertAllowed } = guardUrl(url, scope);
    const target = { host, to, assertAllowed, ...tlsFor(url, scope, ca, network.verified) };
    return openConnection(target, { resolve, times: taken, limit: limits.connect, signal: over });
  };
  const close = async () => {
    controller.abort();
    const open = await Promise.all(clients.values());
    await Promise.all(open.map((client) => client.destroy()));
  };
  signal?.addEventListener('abort', () => void close(), { once: true, signal: controller.signal });

  return {
    origin,
    tls,
    async request(text, options = {}) {
      const { url } = guardUrl(text, scope);
      if (over.aborted) throw new NetError('aborted', 'ABORTED', `The request to ${url.host} was given up.`, 'Try again.');
      const client = clients.get(url.origin) ?? openClient(url, limits, connect);
      clients.set(url.origin, client);
      const stop = options.signal ? AbortSignal.any([options.signal, over]) : over;
      return exchange(await client, url, { ...options, signal: stop }, limits);
    },
    connectionTimes: (origin) => times.get(origin) ?? {},
    [Symbol.asyncDispose]: close,
  };
}

/** The session's TLS mode for the registry's own origin; the rest is verified. */
function tlsFor(
  url: URL,
  { origin, tls }: GuardScope,
  ca: string | undefined,
  verified: SecureContext | undefined,
): Pick<Target, 'tls'> {
  if (url.protocol === 'http:') return {};
  if (url.origin !== origin) return { tls: { context: verified, verify: true } };
  return { tls: { context: tls === 'custom-ca' ? createSecureContext({ ca }) : verified, verify: tls !== 'skip-verify' } };
}

async function openClient(url: URL, limits: GuardedLimits, connect: (url: URL) => Promise<Socket>): Promise<Client> {
  // The default export: a bundle knows no named ones of a CommonJS library that is loaded on first use.
  const { default: undici } = await import('undici');
  const open = callbackify(() => connect(url));
  return new undici.Client(url.origin, {
    allowH2: false,
    maxHeaderSize: limits.headers,
    maxResponseSize: limits.body,
    connect: (_options, callback) => open((error, socket) => (error ? callback(error, null) : callback(null, socket))),
  });
}
