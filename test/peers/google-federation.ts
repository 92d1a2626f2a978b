import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';

/** A provider of a workload identity pool. */
interface IdentityProvider {
  issuer: string;
  audiences: string[];
  keys: () => JSONWebKeySet;
  condition?: (claims: JWTPayload) => boolean;
}

export interface GoogleFederation {
  /** By name: `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`. */
  identityProviders: Map<string, IdentityProvider>;
  /** The principals that may be a service account, by its email. */
  accounts: Map<string, Set<string>>;
  /** Of federated tokens, which are good for an hour. */
  principals: Map<string, string>;
  /** Access tokens, and until when they are good, in milliseconds. */
  tokens: Map<string, number>;
  /** Hosts of APIs that are switched off. */
  disabled: Set<string>;
}

interface Denial {
  status: number;
  error: string;
  description: string;
}

/** https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token */
export async function exchangeTokens(state: GoogleFederation, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = new URLSearchParams(await text(request));
  if (refuseDisabled(state, request, response)) return;
  const found = await principalOf(state, form);
  if (typeof found !== 'string') {
    return reply(response, found.status, { error: found.error, error_description: found.description });
  }
  const token = `ya29.d.${randomUUID()}${randomUUID()}`;
  state.principals.set(token, found);
  const issued_token_type = 'urn:ietf:params:oauth:token-type:access_token';
  reply(response, 200, { access_token: token, issued_token_type, token_type: 'Bearer', expires_in: 3599 });
}

async function principalOf({ identityProviders }: GoogleFederation, form: URLSearchParams): Promise<string | Denial> {
  const [, name = ''] = /^\/\/iam\.googleapis\.com\/(.+)$/.exec(form.get('audience') ?? '') ?? [];
  const provider = identityProviders.get(name);
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:token-exchange' || !form.get('scope')) {
    return { status: 400, error: 'invalid_request', description: 'Invalid grant type.' };
  }
  if (!provider) {
    const description = `The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn't exist.`;
    return { status: 400, error: 'invalid_target', description };
  }
  const claims = await verify(provider, form.get('subject_token') ?? '');
  if ('description' in claims) return claims as Denial;
  if (provider.condition && !provider.condition(claims)) {
    const description = 'The given credential is rejected by the attribute condition.';
    return { status: 401, error: 'unauthorized_client', description };
  }
  return `principal://iam.googleapis.com/${name.split('/providers/')[0]}/subject/${claims.sub}`;
}

async function verify({ issuer, audiences, keys }: IdentityProvider, token: string): Promise<JWTPayload | Denial> {
  try {
    return (await jwtVerify(token, createLocalJWKSet(keys()), { issuer, audience: audiences })).payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) return refuse('ID Token issued at 1 is stale to sign-in.');
    if (!(error instanceof errors.JWTClaimValidationFailed)) return refuse('Invalid JWT signature.');
    return refuse(
      error.claim === 'iss'
        ? 'The issuer in ID Token does not match the expected ones.'
        : 'The audience in ID Token does not match the expected audience.',
    );
  }
}

function refuse(description: string): Denial {
  return { status: 400, error: 'invalid_grant', description };
}

/** https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken */
export async function generateAccessTokens(
  state: GoogleFederation,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { lifetime = '3600s' } = JSON.parse(await text(request)) as { lifetime?: string };
  if (refuseDisabled(state, request, response)) return;
  const [, email = ''] = /^\/v1\/projects\/-\/serviceAccounts\/([^/:]+):generateAccessToken$/.exec(request.url ?? '') ?? [];
  const principal = state.principals.get((request.headers.authorization ?? '').replace('Bearer ', ''));
  if (!principal) return fail(response, 401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
  if (!state.accounts.get(email)?.has(principal)) {
    const message = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).";
    return fail(response, 403, 'PERMISSION_DENIED', message, 'IAM_PERMISSION_DENIED');
  }
  const accessToken = `ya29.c.${randomUUID()}${randomUUID()}`;
  const end = Math.floor(Date.now() / 1000) * 1000 + Number.parseInt(lifetime, 10) * 1000;
  state.tokens.set(accessToken, end);
  reply(response, 200, { accessToken, expireTime: new Date(end).toISOString().replace('.000Z', 'Z') });
}

function refuseDisabled({ disabled }: GoogleFederation, { headers }: IncomingMessage, response: ServerResponse): boolean {
  if (!disabled.has(headers.host ?? '')) return false;
  const message = `This API has not been used in project 123456789012 before or it is disabled.`;
  fail(response, 403, 'PERMISSION_DENIED', message, 'SERVICE_DISABLED');
  return true;
}

function fail(response: ServerResponse, code: number, status: string, message: string, reason?: string): void {
  const details = reason ? [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' }] : [];
  reply(response, code, { error: { code, message, status, details } });
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
