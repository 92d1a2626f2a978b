import type { TokenCredential } from '@azure/identity';
import { Secret } from '../lib/secret.ts';
import { NetError } from '../net/net-error.ts';
import { IdentityError } from './identity-error.ts';

/** The library's own errors, by name: importing its classes would load it. */
const FAILURES = new Set(['CredentialUnavailableError', 'AuthenticationError', 'AuthenticationRequiredError']);

/**
 * A token of Entra ID for `scope`. The credential keeps it until near its end. Throws IdentityError; a wait ends with
 * `signal`, also where the library would go on.
 */
export async function requestEntraToken(credential: TokenCredential, scope: string, signal: AbortSignal): Promise<Secret> {
  try {
    const token = await unlessAborted(credential.getToken(scope, { abortSignal: signal }), signal);
    if (token) return new Secret(token.token);
  } catch (error) {
    throw entraFailure(error, signal);
  }
  throw noIdentity();
}

/** The managed identity of the library knows no signal. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const done = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    const stop = () => reject(new IdentityError('ENTRA_DOWN', 'Entra ID did not answer in time.', LATER, { isOutage: true }));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true, signal: done.signal });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    done.abort();
  }
}

const LATER = 'Ask again later; the log has the reason.';

/**
 * What the library throws says in its cause what was answered, unless it remembers an outage: then it says nothing at all.
 * Its messages are for the log.
 */
function entraFailure(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof IdentityError || !(error instanceof Error)) return error;
  if (!FAILURES.has(error.name) && !(error instanceof NetError) && !signal.aborted) return error;
  const cause = new Error(`${error.name}: ${error.message}`);
  const [code] = /AADSTS\d+/.exec(error.message) ?? [];
  if (code !== undefined) return refused(code, cause);
  if (isRefusal(error)) return noIdentity(cause);
  return new IdentityError('ENTRA_DOWN', 'Entra ID does not answer as it should.', LATER, { isOutage: true, cause });
}

/** The platform says no by its status, the Azure CLI without more. */
function isRefusal({ name, cause }: Error): boolean {
  const { errorCode, status } = Object(cause) as { errorCode?: unknown; status?: unknown };
  if (typeof status === 'number') return status >= 400 && status < 500 && status !== 429;
  return name === 'CredentialUnavailableError' && errorCode !== 'network_error';
}

/**
 * The code tells what is wrong; the text beside it may quote the request.
 *
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
function refused(code: string, cause: Error): IdentityError {
  if (code === 'AADSTS500011') {
    return new IdentityError(
      'ENTRA_RESOURCE_UNKNOWN',
      'The tenant of this service does not have what the token is asked for (AADSTS500011).',
      'Services of another cloud than that of this service cannot be used as itself.',
      { cause },
    );
  }
  const number = code.replace('AADSTS', '');
  return new IdentityError(
    'ENTRA_REFUSED',
    `Entra ID gives this service no token (${code}).`,
    `Check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET. See https://login.microsoftonline.com/error?code=${number} for what the code means.`,
    { cause },
  );
}

export function noIdentity(cause?: Error): IdentityError {
  return new IdentityError(
    'ENTRA_IDENTITY_MISSING',
    'This service has no identity in Entra ID, or not the one that is asked for.',
    'In Azure, the managed identity must be assigned to the function app: the one of AZURE_CLIENT_ID, or of the client id that was given. Elsewhere set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or run "az login".',
    { cause },
  );
}
