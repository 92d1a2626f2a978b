/**
 * regcred itself cannot act: it has no identity there, or the cloud does not take it. Message and hint are public, for the
 * operator: they name a setting, or what the cloud must trust. Stores and methods turn it into errors of their own.
 */
export class IdentityError extends Error {
  /** Stable, for programs. */
  readonly code: string;
  readonly hint: string;
  /** Nothing is wrong but the time: ask again later. */
  readonly isOutage: boolean;

  constructor(
    code: string,
    message: string,
    hint: string,
    { isOutage = false, cause }: { isOutage?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.name = 'IdentityError';
    this.code = code;
    this.hint = hint;
    this.isOutage = isOutage;
  }
}
