import type { Dispatcher } from 'undici';
import { Secret } from '../lib/secret.ts';
import { errorCode, NetError } from './net-error.ts';

export interface RequestOptions {
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** What must not be seen comes as a Secret, and is revealed only where the bytes leave. */
  headers?: Record<string, string | Secret>;
  body?: string | Secret;
  signal?: AbortSignal;
}

export interface Answer {
  status: number;
  /** Several lines of one name are joined with `, `. */
  headers: Headers;
  /** As UTF-8, never decompressed: no compression is asked for. */
  body: string;
  /** From the call to the last byte, with the time to connect if that was needed. */
  milliseconds: number;
}

export interface ExchangeLimits {
  /** Milliseconds for the whole exchange. */
  request: number;
  /** Bytes of the body. The dispatcher must hold it, as `maxResponseSize`. */
  body: number;
}

/** One request and its answer, whatever its status; a redirect is an answer. Throws NetError. */
export async function exchange(
  dispatcher: Dispatcher,
  url: URL,
  options: RequestOptions,
  limits: ExchangeLimits,
): Promise<Answer> {
  const start = performance.now();
  const deadline = AbortSignal.timeout(limits.request);
  const { method = 'GET', body, signal } = options;
  try {
    const response = await dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: { 'user-agent': 'regcred', ...revealed(options.headers ?? {}) },
      body: body instanceof Secret ? body.reveal() : body,
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    });
    const text = await response.body.text();
    return {
      status: response.statusCode,
      headers: readHeaders(response.headers),
      body: text,
      milliseconds: Math.round(performance.now() - start),
    };
  } catch (error) {
    throw failure(url, error, limits, { deadline, signal });
  }
}

function revealed(headers: Record<string, string | Secret>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]),
  );
}

/** undici reads values as Latin-1, so that `Headers` refuses none of them. */
function readHeaders(raw: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(raw)) {
    for (const value of [values ?? []].flat()) headers.append(name, value);
  }
  return headers;
}

function failure(
  url: URL,
  error: unknown,
  limits: ExchangeLimits,
  stop: { deadline: AbortSignal; signal: AbortSignal | undefined },
): NetError {
  if (error instanceof NetError) return error;
  const { host } = url;
  const code = errorCode(error);
  if (stop.signal?.aborted || code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new NetError('aborted', 'ABORTED', `The request to ${host} was given up.`, 'Try again.');
  }
  if (stop.deadline.aborted) {
    const seconds = limits.request / 1000;
    return new NetError(
      'timeout',
      'REQUEST_TIMEOUT',
      `${host} did not answer within ${seconds} s.`,
      'Try again; if it stays, the server is overloaded.',
    );
  }
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    const kib = limits.body / 1024;
    return new NetError(
      'too-large',
      'BODY_TOO_LARGE',
      `${host} answered with more than ${kib} KiB.`,
      'Check that the address is that of a registry.',
    );
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'HPE_HEADER_OVERFLOW') {
    return new NetError(
      'too-large',
      'HEADERS_TOO_LARGE',
      `${host} answered with too large headers.`,
      'Check that the address is that of a registry.',
    );
  }
  // ECONNRESET, EPIPE and their like.
  if (code === 'UND_ERR_SOCKET' || /^E[A-Z]+$/.test(code)) {
    return new NetError(
      'closed',
      'CONNECTION_CLOSED',
      `${host} closed the connection without an answer.`,
      'Try again; if it stays, check what stands in front of the server.',
    );
  }
  if (code === 'UND_ERR_INVALID_ARG') {
    return new NetError(
      'protocol',
      'INVALID_REQUEST',
      `The request to ${host} cannot be written as HTTP.`,
      'Check the login for characters that a header cannot carry.',
    );
  }
  return new NetError(
    'protocol',
    'NOT_HTTP',
    `${host} did not answer with valid HTTP (${code}).`,
    'Check the port; a registry answers there with HTTP.',
  );
}
