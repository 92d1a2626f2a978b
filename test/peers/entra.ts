import { randomUUID } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import { createEntraSigner, type EntraSigner } from './entra-signer.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from './read-body.ts';
import type { Handler } from './http-peer.ts';
import { unsignedToken } from './unsigned-token.ts';

interface AppSecret {
  value: string;
  isExpired?: boolean;
  /** For Microsoft Graph. */
  keyId?: string;
  endDateTime?: string;
}

interface EntraApp {
  secrets: AppSecret[];
  /** Of its service principal: the subject of its tokens. */
  objectId?: string;
  isDisabled?: boolean;
  /** A managed identity: it has no secrets, and the platform asks for its tokens. */
  isManaged?: true;
  /** Where it is registered, if not in this tenant. */
  homeTenant?: string;
  /** Whom it trusts in place of a secret. */
  federated?: FederatedCredential[];
  /** It may see its own registration in Microsoft Graph. */
  mayReadItself?: true;
}

interface FederatedCredential {
  issuer: string;
  subject: string;
  audience: string;
}

/** Apps by client id, of a tenant with its id and domains. */
export interface Tenant {
  id: string;
  domains?: string[];
  apps: Record<string, EntraApp>;
  /** What nobody in it can have a token for: apps that are not there, services of other clouds. */
  missing?: string[];
}

export interface Entra {
  handle: Handler;
  tenants: Tenant[];
  /** Whose token it is; undefined: none that was given here. */
  principalOf(token: string): Principal | undefined;
  /** What other clouds verify tokens for them with. */
  keys(): JSONWebKeySet;
  /** A token as the platform gives it to an identity of the first tenant; only of those that it knows it says more than the name. */
  tokenFor(clientId: string, audience: string): string;
  /** As a registry does it that is given client id and secret. */
  isSecret(tenantId: string, clientId: string, value: string): boolean;
}

interface Principal {
  tenantId: string;
  clientId: string;
  /** Whom roles and trust are given to. */
  objectId: string;
  scope: string;
  isManaged?: true;
}

interface Failure {
  status: number;
  error: string;
  code: number;
  text: string;
}

/** Entra ID's token endpoint for apps: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
export function createEntra(tenants: Tenant[]): Entra {
  const tokens = new Map<string, Principal>();
  let made: EntraSigner | undefined;
  const signer = () => (made ??= createEntraSigner());
  return {
    tenants,
    keys: () => signer().keys,
    tokenFor: (clientId, audience) => {
      const [tenant] = tenants;
      if (!tenant) throw new Error('There is no tenant.');
      return issue({ tokens, signer }, tenant, clientId, `${audience}/.default`);
    },
    principalOf: (token) => tokens.get(token),
    isSecret: (tenantId, clientId, value) => {
      const app = tenants.find(({ id }) => id === tenantId)?.apps[clientId];
      return app?.secrets.some((secret) => secret.value === value && !secret.isExpired) === true;
    },
    handle: (request, response) => {
      void readBody(request).then((body) => answer({ tenants, tokens, signer }, request, new URLSearchParams(body), response));
    },
  };
}

interface State {
  tenants: Tenant[];
  tokens: Map<string, Principal>;
  signer: () => EntraSigner;
}

function answer(
  { tenants, tokens, signer }: State,
  { method, url = '' }: IncomingMessage,
  form: URLSearchParams,
  response: ServerResponse,
): void {
  const [, name = '', rest = ''] = /^\/([^/?]+)\/([^?]*)/.exec(url) ?? [];
  const tenant = tenants.find(({ id, domains = [] }) => id === name || domains.includes(name));
  if (rest === 'v2.0/.well-known/openid-configuration') {
    if (!tenant) return fail(response, noTenant('invalid_tenant'));
    return send(response, 200, { token_endpoint: `https://login.microsoftonline.com/${tenant.id}/oauth2/v2.0/token` });
  }
  if (method !== 'POST' || rest !== 'oauth2/v2.0/token') return send(response, 404, {});
  const failure = tenant ? refuse(tenant, form, tokens) : noTenant('invalid_request');
  if (failure || !tenant) return fail(response, failure ?? noTenant('invalid_request'));

  // The library asks for scopes of people beside the one that it needs.
  const scope = (form.get('scope') ?? '').split(' ').find((scope) => scope.endsWith('/.default')) ?? '';
  const token = issue({ tokens, signer }, tenant, form.get('client_id') ?? '', scope);
  send(response, 200, { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: token });
}

function issue({ tokens, signer }: Omit<State, 'tenants'>, tenant: Tenant, clientId: string, scope: string): string {
  const { objectId = clientId, isManaged } = tenant.apps[clientId] ?? {};
  const audience = audienceOf(scope);
  const claims = {
    iss: issuerOf(tenant, audience),
    aud: audienceClaim(audience),
    sub: objectId,
    oid: objectId,
    tid: tenant.id,
    // https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
    ...(audience === TOKEN_EXCHANGE.uri ? { ver: '2.0', azp: clientId } : { ver: '1.0', appid: clientId }),
  };
  // Azure's own services ask Entra ID, other clouds can only look at the token.
  const token = audience.startsWith('api://') ? signer().sign(claims) : unsignedToken(claims);
  tokens.set(token, { tenantId: tenant.id, clientId, objectId, scope, ...(isManaged && { isManaged }) });
  return token;
}

function audienceOf(scope: string): string {
  return scope.replace('/.default', '');
}

/** The app of Microsoft whose tokens stand in for secrets of apps. Its tokens are of version 2, and hold its client id. */
const TOKEN_EXCHANGE = { uri: 'api://AzureADTokenExchange', clientId: 'fb60f99c-7a34-4190-8149-302f77469936' };

/** Of tokens for apps that did not choose version 2: https://learn.microsoft.com/entra/identity-platform/access-tokens#token-formats */
export function issuerOf({ id }: Pick<Tenant, 'id'>, audience = ''): string {
  return audience === TOKEN_EXCHANGE.uri ? `https://login.microsoftonline.com/${id}/v2.0` : `https://sts.windows.net/${id}/`;
}

/** What a token for that audience has as `aud`. */
export function audienceClaim(audience: string): string {
  return audience === TOKEN_EXCHANGE.uri ? TOKEN_EXCHANGE.clientId : audience;
}

function refuse({ id, apps, missing = [] }: Tenant, form: URLSearchParams, tokens: State['tokens']): Failure | undefined {
  if (form.get('grant_type') !== 'client_credentials') {
    return { status: 400, error: 'unsupported_grant_type', code: 70003, text: 'The app requested an unsupported grant type.' };
  }
  const resource = missing.find((resource) => form.get('scope')?.includes(`${resource}/.default`));
  if (resource) {
    const text = `The resource principal named ${resource} was not found in the tenant named ${id}.`;
    return { status: 400, error: 'invalid_resource', code: 500011, text };
  }
  const clientId = form.get('client_id') ?? '';
  const app = Object.hasOwn(apps, clientId) ? apps[clientId] : undefined;
  if (!app) {
    const text = `Application with identifier '${clientId}' was not found in the directory.`;
    return { status: 400, error: 'unauthorized_client', code: 700016, text };
  }
  if (app.isDisabled) {
    return { status: 400, error: 'unauthorized_client', code: 7000112, text: `Application '${clientId}' is disabled.` };
  }
  if (form.has('client_assertion')) return refuseAssertion(app, app.homeTenant ?? id, form, tokens);
  const secret = app.secrets.find(({ value }) => value === form.get('client_secret'));
  if (!secret) {
    const text = `Invalid client secret provided. Ensure the secret being sent is the value, not the ID, for a secret added to app '${clientId}'.`;
    return { status: 401, error: 'invalid_client', code: 7000215, text };
  }
  if (!secret.isExpired) return undefined;
  const text = `The provided client secret keys for app '${clientId}' are expired.`;
  return { status: 401, error: 'invalid_client', code: 7000222, text };
}

/** Only tokens of managed identities of the tenant in which the app is registered, and which the app trusts by name. */
function refuseAssertion(
  { federated = [] }: EntraApp,
  home: string,
  form: URLSearchParams,
  tokens: State['tokens'],
): Failure | undefined {
  if (form.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer') {
    return { status: 400, error: 'invalid_request', code: 900144, text: 'The request body must contain: client_assertion_type.' };
  }
  const principal = tokens.get(form.get('client_assertion') ?? '');
  if (!principal) return no(700027, 'Client assertion failed signature validation.');
  const audience = audienceOf(principal.scope);
  const issuer = issuerOf({ id: principal.tenantId }, audience);
  const record = 'No matching federated identity record found for presented assertion';
  const byIssuer = federated.filter((credential) => credential.issuer === issuer);
  if (byIssuer.length === 0) return no(700211, `${record} issuer '${issuer}'.`);
  const bySubject = byIssuer.filter(({ subject }) => subject === principal.objectId);
  if (bySubject.length === 0) return no(700213, `${record} subject '${principal.objectId}'.`);
  if (!bySubject.some((credential) => credential.audience === audience)) return no(700212, `${record} audience '${audience}'.`);
  if (!principal.isManaged) {
    return no(700226, 'Only MSI tokens may be used as Federated Identity Credentials for AAD issuer.');
  }
  if (principal.tenantId === home) return undefined;
  return no(700236, `Entra ID tokens issued by issuer '${issuer}' may not be used for applications registered in this tenant.`);
}

function no(code: number, text: string): Failure {
  return { status: 401, error: 'invalid_client', code, text };
}

function noTenant(error: string): Failure {
  return { status: 400, error, code: 90002, text: 'Tenant not found. Check to make sure you have the correct tenant ID.' };
}

function fail(response: ServerResponse, { status, error, code, text }: Failure): void {
  const trace = randomUUID();
  const correlation = randomUUID();
  const timestamp = `${new Date().toISOString().slice(0, 19).replace('T', ' ')}Z`;
  send(response, status, {
    error,
    error_description: `AADSTS${code}: ${text}\r\nTrace ID: ${trace}\r\nCorrelation ID: ${correlation}\r\nTimestamp: ${timestamp}`,
    error_codes: [code],
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
    error_uri: `https://login.microsoftonline.com/error?code=${code}`,
  });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
