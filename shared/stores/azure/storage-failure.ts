import { SECOND } from '../../lib/clock.ts';
import { AppError } from '../../lib/errors.ts';

/** How long one call of the storage account may take, with all its repetitions. */
export const CALL_LIMIT = 30 * SECOND;

/** What the SDK throws that is no defect of ours: no connection, an answer that is a refusal, no token, no time left. */
const FAILURES = new Set([
  'RestError',
  'StorageRefusal',
  'AbortError',
  'TimeoutError',
  'AuthenticationError',
  'AuthenticationRequiredError',
  'CredentialUnavailableError',
  'NetError',
]);

/** A refusal as the service gave it, without the request, which carries a signature. */
export class StorageRefusal extends Error {
  readonly statusCode: number;
  readonly code: string;

  constructor(statusCode: number, code: string) {
    super(`The storage account answered ${statusCode} ${code}`);
    this.name = 'StorageRefusal';
    this.statusCode = statusCode;
    this.code = code;
  }
}

/** The service's code for what went wrong, such as `ResourceNotFound`; '' if it gave none. */
export function refusalCode(error: unknown): string {
  const { code, details } = error as { code?: unknown; details?: { errorCode?: unknown; odataError?: { code?: unknown } } };
  return [details?.odataError?.code, details?.errorCode, code].find((value) => typeof value === 'string') ?? '';
}

/** The status of the answer, if there was one. */
export function refusalStatus(error: unknown): number | undefined {
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}

/** Whether the same call can succeed later: no answer, a busy service, or one that failed. */
export function canPass(error: unknown): boolean {
  if (!isFailure(error)) return false;
  const status = refusalStatus(error);
  return status === undefined || status === 408 || status === 429 || status >= 500;
}

/** Runs `run`; what the storage account cannot do now or may not do becomes AppError STORE_UNAVAILABLE, which names the `role` to give. */
export async function storageOutageAsAppError<T>(role: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!isFailure(error)) throw error;
    // The SDK's error holds the request with its signature, and its message the address: status and code are enough.
    const cause = new Error([error.name, refusalStatus(error), refusalCode(error)].filter(Boolean).join(' '));
    if (isOurMistake(error)) throw cause;
    throw new AppError('STORE_UNAVAILABLE', 'The storage account does not do what it should', {
      hint: hintFor(error, role),
      cause,
    });
  }
}

function isFailure(error: unknown): error is Error {
  return error instanceof Error && FAILURES.has(error.name);
}

/** A request that no storage account would take. */
function isOurMistake(error: unknown): boolean {
  const status = refusalStatus(error) ?? 0;
  return status >= 400 && status < 500 && ![401, 403, 404, 408, 409, 429].includes(status);
}

function hintFor(error: Error, role: string): string {
  if (refusalStatus(error) === 403)
    return `The key in AzureWebJobsStorage must be right, or the app's identity have the role "${role}"; the account's firewall must let it in`;
  if (refusalStatus(error) === 404)
    return `Something is missing there (${refusalCode(error)}); with the role "${role}" regcred makes it when it starts`;
  if (/Authentication|Credential/.test(error.name))
    return 'The identity has no token: AzureWebJobsStorage__clientId must name one that is assigned to the app';
  return 'AzureWebJobsStorage must name a storage account that can be reached; the log has the reason';
}
