import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { NetError } from '../../net/net-error.ts';
import type { AzureHttpClient } from '../../net/azure-http-client.ts';
import { parseJson } from '../../lib/parse-json.ts';

/** The body of an answer that is no success; the inner code tells what `Forbidden` and `Conflict` leave open. */
const ErrorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), innererror: z.object({ code: z.string() }).optional() }),
});

/** An answer of the vault that is no success. */
export class VaultRefusal extends Error {
  /** The name under which the vault's client looks for it. */
  readonly statusCode: number;
  /** The finest that the vault gives. */
  readonly code: string;

  constructor(statusCode: number, code: string, message: string) {
    super(`The vault answered ${statusCode} ${code}: ${message}`);
    this.name = 'VaultRefusal';
    this.statusCode = statusCode;
    this.code = code;
  }
}

/**
 * Throws VaultRefusal for every answer that is no success, and STORE_UNAVAILABLE where it is none of a vault: the client's
 * own errors lose the inner code in lists, and hold the request with the value in it. The client answers 401 itself.
 */
export function refusingVault(httpClient: AzureHttpClient): AzureHttpClient {
  return {
    async sendRequest(request) {
      const answer = await httpClient.sendRequest(request);
      const { status, bodyAsText } = answer;
      if (status >= 200 && status < 300) return answer;
      const { data } = ErrorBody.safeParse(parseJson(bodyAsText ?? ''));
      if (!data) throw noVault(status);
      if (status === 401) return answer;
      const { code, message, innererror } = data.error;
      throw new VaultRefusal(status, innererror?.code ?? code, message);
    },
  };
}

/** Seconds after which it is worth to ask again for a secret that is being removed or restored (median 20 to 23 s). */
const SETTLES_AFTER = 20;

/** The vault still removes or restores the name. */
export function stillChanging(cause?: Error): AppError {
  return new AppError('STORE_UNAVAILABLE', 'The vault is still removing or restoring this secret', {
    hint: 'Ask again later: a vault takes up to two minutes.',
    retryAfterSeconds: SETTLES_AFTER,
    ...(cause && { cause }),
  });
}

/** By inner code: https://learn.microsoft.com/azure/key-vault/general/rest-error-codes */
const FORBIDDEN: Record<string, { says: string; hint: string }> = {
  ForbiddenByRbac: {
    says: 'The vault does not let this service in: it has no role',
    hint: 'Give its identity the role "Key Vault Secrets Officer" on the vault; a new role takes some minutes.',
  },
  ForbiddenByPolicy: {
    says: 'The vault does not let this service in: no access policy allows it',
    hint: 'The vault uses access policies: allow its identity get, list, set, delete and recover of secrets, or change the vault to roles.',
  },
  ForbiddenByFirewall: {
    says: "The vault's firewall refuses this service",
    hint: "Allow its network, or its private endpoint, under the vault's networking.",
  },
};

/** Older vaults have one code for both kinds of right; private links have a code of their own. */
const SAME_AS: Record<string, string> = { AccessDenied: 'ForbiddenByPolicy', ForbiddenByConnection: 'ForbiddenByFirewall' };

/**
 * The error that a caller may see for one that the vault's client threw: AppError STORE_UNAVAILABLE for whatever an
 * operator or time can mend. What is a defect stays an Error. None of them holds the client's own error, which has the
 * request with the value in it.
 */
export function vaultFailure(error: unknown): unknown {
  if (error instanceof NetError) {
    return new AppError('STORE_UNAVAILABLE', 'The vault, or the service that issues tokens for it, cannot be reached', {
      hint: 'Check REGCRED_VAULT_URL and the network of this service; the log has the reason.',
      cause: error,
    });
  }
  if (error instanceof VaultRefusal) return refused(error);
  if (isSecondChallenge(error)) return noIdentity(new Error('The vault answered 401 to the token of this service'));
  return isAboutIdentity(error) ? noIdentity(new Error(`${error.name}: ${error.message}`)) : error;
}

function refused(refusal: VaultRefusal): Error {
  const { statusCode, code } = refusal;
  if (statusCode === 403) return forbidden(code, refusal);
  if (statusCode === 409) return stillChanging(refusal);
  if (statusCode === 429) {
    return new AppError('STORE_UNAVAILABLE', 'The vault gets too many requests', {
      hint: 'Ask again later; if it stays, give regcred a vault of its own.',
      retryAfterSeconds: 10,
      cause: refusal,
    });
  }
  if (statusCode < 500) return refusal;
  return new AppError('STORE_UNAVAILABLE', 'The vault has a failure of its own', { hint: 'Ask again later.', cause: refusal });
}

function noVault(status: number): AppError {
  return new AppError('STORE_UNAVAILABLE', 'Something answers for the vault that is none', {
    hint: 'Check REGCRED_VAULT_URL, and proxies and gateways in between.',
    cause: new Error(`The answer was ${status}, without an error of Key Vault`),
  });
}

function forbidden(code: string, cause: VaultRefusal): AppError {
  const known = FORBIDDEN[SAME_AS[code] ?? code];
  return new AppError('STORE_UNAVAILABLE', known?.says ?? 'The vault does not allow this to this service', {
    hint: known?.hint ?? 'Check its role "Key Vault Secrets Officer" and the networking of the vault; the log has the reason.',
    cause,
  });
}

function noIdentity(cause: Error): AppError {
  return new AppError('STORE_UNAVAILABLE', 'This service has no identity that the vault knows', {
    hint: 'In Azure, AZURE_CLIENT_ID names the managed identity. Elsewhere set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or run "az login", in the tenant of the vault.',
    cause,
  });
}

/** The token was refused like none. */
function isSecondChallenge(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 401;
}

/** Errors of the identity library, by name: importing its classes would load it. */
function isAboutIdentity(error: unknown): error is Error {
  return error instanceof Error && /^(?:Aggregate)?(?:Authentication|CredentialUnavailable)\w*Error$/.test(error.name);
}
