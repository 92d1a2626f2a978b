/** What stopped a request: our own guard, a phase of the connection, a limit, the other side's HTTP, or the caller. */
export type NetErrorKind = 'blocked' | 'dns' | 'connect' | 'tls' | 'timeout' | 'closed' | 'protocol' | 'too-large' | 'aborted';

/** Why the guard refused; both codes are answered to callers as they are, with status 422. */
export type BlockedCode = 'ADDRESS_BLOCKED' | 'PLAIN_HTTP_NOT_ALLOWED';

/**
 * A request that got no answer. Message, code and hint are public: they are written here and never taken from a library,
 * whose messages can hold header values or pieces of a body. There is no `cause` for the same reason.
 */
export class NetError extends Error {
  readonly kind: NetErrorKind;
  /** Stable, for programs. */
  readonly code: string;
  /** What a person can do about it. */
  readonly hint: string;

  constructor(kind: NetErrorKind, code: string, message: string, hint: string) {
    super(message);
    this.name = 'NetError';
    this.kind = kind;
    this.code = code;
    this.hint = hint;
  }
}

/** An address that may not be used. `reason` is finer than the code: `PRIVATE_ADDRESS`, `PORT_NOT_LISTED`, ... */
export class BlockedError extends NetError {
  declare readonly code: BlockedCode;
  readonly reason: string;

  constructor(reason: string, message: string, hint: string, code: BlockedCode = 'ADDRESS_BLOCKED') {
    super('blocked', code, message, hint);
    this.name = 'BlockedError';
    this.reason = reason;
  }
}

/** The `code` of a system, OpenSSL or undici error, which never holds a value. */
export function errorCode(error: unknown): string {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown';
}
