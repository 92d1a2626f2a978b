import { lookup } from 'node:dns/promises';
import net from 'node:net';
import type { LookupFunction, Socket } from 'node:net';
import tls from 'node:tls';
import type { SecureContext, TLSSocket } from 'node:tls';
import { isAddress } from './addresses.ts';
import { errorCode, NetError } from './net-error.ts';
import type { HostPort } from './network-policy.ts';
import { tlsFailure } from './tls-failure.ts';

/** Answers all addresses of a name, or throws an error with a `code` as node:dns does. */
export type Resolve = (host: string) => Promise<string[]>;

/** Milliseconds that the phases of a connection took. A phase that was not reached, or not needed, is absent. */
export interface ConnectionTimes {
  dns?: number;
  connect?: number;
  tls?: number;
}

export interface Target {
  /** The name in the certificate, and in messages. */
  host: string;
  /** Where the connection goes: `host`, or what the operator put in its place. */
  to: HostPort;
  /** Throws for an address that may not be connected to. */
  assertAllowed: (address: string) => void;
  /** Absent: plain http. */
  tls?: { context: SecureContext | undefined; verify: boolean };
}

export interface ConnectionOptions {
  resolve: Resolve;
  /** Filled as the connection goes on; the phase that failed is the last one. */
  times: ConnectionTimes;
  /** Milliseconds for all phases together. */
  limit: number;
  signal: AbortSignal;
}

export const systemResolve: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * Opens a connection to one of the addresses that were checked a moment ago: the name is never resolved a second time, so
 * a name server that answers differently then (DNS rebinding) gains nothing. All addresses must be allowed, so that an
 * answer of a good and a bad one is no way around. Fills `times` as it goes. Throws NetError of kind dns, connect, tls or
 * blocked; `signal` ends it in every phase and leaves no socket behind.
 */
export async function openConnection(target: Target, options: ConnectionOptions): Promise<Socket> {
  const { resolve, times, limit, signal } = options;
  const deadline = AbortSignal.timeout(limit);
  const stop = AbortSignal.any([signal, deadline]);
  const phase = async <T>(name: keyof ConnectionTimes, run: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    try {
      return await run();
    } catch (error) {
      if (deadline.aborted && !signal.aborted) throw tooSlow(name, target.host, limit);
      throw error;
    } finally {
      times[name] = Math.round(performance.now() - start);
    }
  };

  const addresses = await phase('dns', () => resolveChecked(target, resolve, stop));
  const socket = await phase('connect', () => openSocket(target, addresses, stop));
  const { tls: settings } = target;
  return settings ? phase('tls', () => secure(target.host, socket, settings, stop)) : socket;
}

async function resolveChecked({ host, to, assertAllowed }: Target, resolve: Resolve, signal: AbortSignal): Promise<string[]> {
  const addresses = isAddress(to.host)
    ? [to.host]
    : await unlessAborted(resolve(to.host), signal).catch((error: unknown) => throwDns(host, error, signal));
  if (addresses.length === 0) throw notFound(host);
  for (const address of addresses) assertAllowed(address);
  return addresses;
}

function openSocket({ host, to }: Target, addresses: string[], signal: AbortSignal): Promise<Socket> {
  // Node's own race of IPv6 and IPv4 (RFC 8305), over exactly these addresses.
  const answer: LookupFunction = (_name, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: net.isIP(address) })),
    );
  const socket = net.connect({ host: to.host, port: to.port, lookup: answer, autoSelectFamily: true, noDelay: true });
  return settled(socket, 'connect', signal, (error) => connectFailure(host, to.port, error));
}

function secure(
  host: string,
  socket: Socket,
  { context, verify }: NonNullable<Target['tls']>,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const secured = tls.connect({
    socket,
    host,
    // An address has no place in SNI (RFC 6066, section 3); `host` is what the certificate is compared with.
    servername: net.isIP(host) ? '' : host,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: verify,
    ...(context && { secureContext: context }),
  });
  return settled(secured, 'secureConnect', signal, (error) => tlsFailure(host, error));
}

/** The socket once it emits `event`. Destroys it on error and on abort. */
function settled<S extends Socket>(
  socket: S,
  event: string,
  signal: AbortSignal,
  failure: (error: unknown) => NetError,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      stopListening();
      // Late errors of a socket that was given up have nobody to tell.
      socket.on('error', () => {}).destroy();
      reject(error);
    };
    const onError = (error: unknown) => fail(failure(error));
    const onClose = () => fail(failure({ code: 'ECONNRESET' }));
    const onAbort = () => fail(signal.reason);
    const stopListening = () => {
      socket.off('error', onError).off('close', onClose);
      signal.removeEventListener('abort', onAbort);
    };
    socket.once('error', onError).once('close', onClose);
    socket.once(event, () => {
      stopListening();
      resolve(socket);
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** getaddrinfo cannot be interrupted; its late answer is dropped. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}

function throwDns(host: string, error: unknown, signal: AbortSignal): never {
  signal.throwIfAborted();
  if (errorCode(error) === 'ENOTFOUND' || errorCode(error) === 'ENODATA') throw notFound(host);
  throw new NetError(
    'dns',
    'DNS_FAILED',
    `The name ${host} could not be looked up (${errorCode(error)}).`,
    'Try again; if it stays, check the name servers.',
  );
}

function notFound(host: string): NetError {
  return new NetError(
    'dns',
    'DNS_NOT_FOUND',
    `There is no host ${host}.`,
    'Check the spelling; a private name must be known to the name servers of this service.',
  );
}

function connectFailure(host: string, port: number, error: unknown): NetError {
  const code = errorCode(error);
  if (code === 'ECONNREFUSED') {
    return new NetError(
      'connect',
      'CONNECT_REFUSED',
      `Nothing listens on port ${port} of ${host}.`,
      'Check the port, and that the registry runs.',
    );
  }
  return new NetError(
    'connect',
    'CONNECT_FAILED',
    `${host} cannot be reached on port ${port} (${code}).`,
    'Check routes and firewalls between this service and the registry.',
  );
}

const SLOW_HINTS: Record<keyof ConnectionTimes, string> = {
  dns: 'The name servers do not answer in time; try again.',
  connect: 'A firewall may drop the packets: check the port and the routes between this service and the registry.',
  tls: 'Something accepts connections there but speaks no TLS, or is overloaded.',
};

function tooSlow(phase: keyof ConnectionTimes, host: string, limit: number): NetError {
  return new NetError(
    phase,
    `${phase.toUpperCase()}_TIMEOUT`,
    `${host} could not be connected to within ${limit / 1000} s.`,
    SLOW_HINTS[phase],
  );
}
