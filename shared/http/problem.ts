import type { HttpResponseInit } from '@azure/functions';
import { AppError, ERROR_CODES, type ErrorCode } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import { NetError } from '../net/net-error.ts';

/** https://www.rfc-editor.org/rfc/rfc9457 */
export const PROBLEM_TYPE = 'application/problem+json';

/** Any error as an answer. What is not an AppError is a defect: it is logged, and the caller learns its request id only. */
export function problemOf(error: unknown, requestId: string): HttpResponseInit {
  const known = error instanceof AppError ? error : unexpected(error);
  if (known.status >= 500) log('error', 'request.failed', { code: known.code, error: known });
  return problem(known, requestId);
}

function unexpected(error: unknown): AppError {
  if (error instanceof NetError) return new AppError('REGISTRY_UNREACHABLE', error.message, { hint: error.hint, cause: error });
  return new AppError('INTERNAL', 'Something went wrong here.', {
    hint: 'Try again; if it lasts, give the request id to the operator.',
    cause: error,
  });
}

function problem({ code, message, details }: AppError, requestId: string): HttpResponseInit {
  const { status, title }: { status: number; title: string } = ERROR_CODES[code];
  const { hint, errors, extra, retryAfterSeconds, headers } = details;
  return {
    status,
    headers: {
      'content-type': PROBLEM_TYPE,
      'cache-control': 'no-store',
      'x-request-id': requestId,
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
      ...headers,
    },
    jsonBody: { type: problemType(code), title, status, code, detail: message, hint, errors, ...extra, requestId },
  };
}

/** A name rather than an address: there is nothing to fetch. */
function problemType(code: ErrorCode): string {
  return `urn:regcred:problem:${code.toLowerCase().replaceAll('_', '-')}`;
}
