import { createSecureContext } from 'node:tls';
import { callbackify } from 'node:util';
import type { buildConnector, Dispatcher } from 'undici';
import { classifyAddress } from './addresses.ts';
import { openConnection, systemResolve } from './connect.ts';
import { exchange, type Answer, type RequestOptions } from './exchange.ts';
import { BlockedError, NetError } from './net-error.ts';
import { hostPort, redirectedTo, trustedRoots } from './network-policy.ts';
import type { NetworkPolicy } from './network-policy.ts';

/** Milliseconds and bytes. */
const LIMITS = { connect: 10_000, request: 30_000, body: 8 * 1024 * 1024 };

/** The door to the network for addresses that the operator wrote: issuers, settings, what SDKs make of them. Private addresses are fine here. */
export interface Operator extends AsyncDisposable {
  /** The answer, whatever its status; a redirect is one. Throws NetError. */
  request(url: string, options: RequestOptions): Promise<Answer>;
  /** The JSON of a 200 answer. Redirects are not followed. Throws NetError. */
  getJson(url: string, signal: AbortSignal): Promise<unknown>;
}

/** Goes through the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name. Throws if `policy.ca` cannot be read. */
export function operatorNetwork(policy: NetworkPolicy, limits = LIMITS): Operator {
  const roots = trustedRoots(policy);
  const controller = new AbortController();
  let dispatchers: Promise<Dispatchers> | undefined;
  const send = async (url: URL, options: RequestOptions) => {
    dispatchers ??= openDispatchers(policy, roots, limits, controller.signal);
    const { proxied, direct } = await dispatchers;
    return exchange(redirectedTo(policy, hostPort(url)) ? direct : proxied, url, options, limits);
  };
  return {
    request: async (text, options) => send(checkedUrl(text, policy), options),
    async getJson(text, signal) {
      const url = checkedUrl(text, policy);
      const answer = await send(url, { headers: { accept: 'application/json' }, signal });
      if (answer.status !== 200) {
        throw new NetError(
          'protocol',
          'UNEXPECTED_STATUS',
          `${url.host} answered ${answer.status}.`,
          'Check the address in the policy.',
        );
      }
      return parseJson(url, answer.body);
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      const open = await dispatchers;
      await Promise.all([open?.proxied.destroy(), open?.direct.destroy()]);
    },
  };
}

interface Dispatchers {
  proxied: Dispatcher;
  /** Where the operator redirects connections, no proxy is asked. */
  direct: Dispatcher;
}

async function openDispatchers(
  policy: NetworkPolicy,
  roots: string[] | undefined,
  limits: typeof LIMITS,
  signal: AbortSignal,
): Promise<Dispatchers> {
  // The default export: a bundle knows no named ones of a CommonJS library that is loaded on first use.
  const { default: undici } = await import('undici');
  const context = roots && createSecureContext({ ca: roots });
  const shared = { allowH2: false, maxResponseSize: limits.body };
  const requestTls = { timeout: limits.connect, ...(context && { secureContext: context }) };
  const openTo = async ({ protocol, host = '' }: { protocol: string; host?: string }) => {
    const address = hostPort(new URL(`${protocol}//${host}`));
    const target = {
      host: address.host,
      to: redirectedTo(policy, address) ?? address,
      assertAllowed: () => {},
      ...(protocol === 'https:' && { tls: { context, verify: true } }),
    };
    return openConnection(target, { resolve: systemResolve, times: {}, limit: limits.connect, signal });
  };
  const open = callbackify(openTo);
  // Where there is no proxy to go through; inside the tunnel of one, undici speaks TLS itself.
  const connect: buildConnector.connector = (options, callback) =>
    open(options, (error, socket) => (error ? callback(error, null) : callback(null, socket)));
  return {
    proxied: new undici.EnvHttpProxyAgent({ ...shared, connect, requestTls }),
    direct: new undici.Agent({ ...shared, connect }),
  };
}

/** https; plain http only to this machine, outside Azure, where the local issuer stands. */
function checkedUrl(text: string, { inAzure }: NetworkPolicy): URL {
  const url = URL.parse(text);
  if (!url) throw new BlockedError('INVALID_URL', 'The address is not a URL.', 'Check it in the policy.');
  const { host } = hostPort(url);
  const isLocal = host === 'localhost' || classifyAddress(host) === 'loopback';
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLocal && !inAzure)) return url;
  throw new BlockedError(
    'PLAIN_HTTP',
    `${url.host} must be asked by https.`,
    'Use its https address in the policy.',
    'PLAIN_HTTP_NOT_ALLOWED',
  );
}

function parseJson(url: URL, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new NetError('protocol', 'NOT_JSON', `${url.host} did not answer with JSON.`, 'Check the address in the policy.');
  }
}
