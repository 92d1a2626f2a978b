/**
 * Every error code that a caller can see, with the status it answers and a title that does not change from call to call.
 * Clients branch on the code; people read detail and hint.
 */
export const ERROR_CODES = {
  INVALID_INPUT: { status: 400, title: 'The request is not valid' },
  UNAUTHENTICATED: { status: 401, title: 'A valid bearer token is required' },
  FORBIDDEN: { status: 403, title: 'The token does not grant this' },
  NOT_FOUND: { status: 404, title: 'Nothing is here' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This address does not take that method' },
  NAME_TAKEN: { status: 409, title: 'The name is in use' },
  AMBIGUOUS: { status: 409, title: 'More than one credential fits' },
  CREDENTIAL_DISABLED: { status: 409, title: 'The credential is switched off' },
  ROTATION_RUNNING: { status: 409, title: 'A rotation is under way' },
  HAS_CONSUMERS: { status: 409, title: 'The credential is in use' },
  NOTHING_TO_HAND_OUT: { status: 409, title: 'This method has no login to hand out' },
  ETAG_MISMATCH: { status: 412, title: 'The credential was changed meanwhile' },
  TOO_LARGE: { status: 413, title: 'The body is too large' },
  UNSUPPORTED_TYPE: { status: 415, title: 'The content type is not supported' },
  CREDENTIAL_REJECTED: { status: 422, title: 'The registry refused the login' },
  ADDRESS_BLOCKED: { status: 422, title: 'The address may not be used' },
  PLAIN_HTTP_NOT_ALLOWED: { status: 422, title: 'Plain http is not allowed for this host' },
  REGISTRY_MISCONFIGURED: { status: 422, title: 'The registry does not answer as a registry should' },
  MATERIAL_REQUIRED: { status: 422, title: 'The secret must be given again' },
  IDEMPOTENCY_CONFLICT: { status: 422, title: 'The Idempotency-Key was used for another request' },
  ETAG_REQUIRED: { status: 428, title: 'If-Match is required' },
  HAND_OUT_LIMIT: { status: 429, title: 'Too many hand-outs' },
  CHECK_LIMIT: { status: 429, title: 'Too many checks' },
  INTERNAL: { status: 500, title: 'Something went wrong here' },
  SECRET_UNUSABLE: { status: 500, title: 'The secret does not fit its record' },
  REGISTRY_UNREACHABLE: { status: 502, title: 'The registry could not be reached' },
  REGISTRY_THROTTLED: { status: 503, title: 'The registry asks to slow down' },
  AUDIT_UNAVAILABLE: { status: 503, title: 'The hand-out could not be recorded' },
  SECRET_MISSING: { status: 503, title: 'The secret is not in its store' },
  STORE_UNAVAILABLE: { status: 503, title: 'A store does not answer' },
  ISSUER_UNAVAILABLE: { status: 503, title: 'The keys of the token issuer cannot be had' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** One field that is wrong: where it is (RFC 6901, into the body) and what to do about it. */
export interface FieldError {
  pointer: string;
  code: string;
  detail: string;
  hint?: string;
}

export interface ErrorDetails {
  hint?: string;
  errors?: FieldError[];
  /** Further members of the problem document, such as `verdict`, `stages` or `candidates`. Never a secret. */
  extra?: Record<string, unknown>;
  retryAfterSeconds?: number;
  headers?: Record<string, string>;
  /** For the log only, through the redactor. */
  cause?: unknown;
}

/** An error that a caller may see. `message` is public; the cause is not. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return ERROR_CODES[this.code].status;
  }
}

/** Whether it is something that is down: what comes later may work, and no defect is at fault. */
export function isOutage(error: unknown): boolean {
  return error instanceof AppError && error.status === 503;
}

/** The one-field form of INVALID_INPUT. */
export function invalidInput(pointer: string, code: string, detail: string, hint?: string): AppError {
  return new AppError('INVALID_INPUT', detail, {
    ...(hint && { hint }),
    errors: [{ pointer, code, detail, ...(hint && { hint }) }],
  });
}
