import type { IncomingMessage, ServerResponse } from 'node:http';
import { NULL_GUID } from '../../shared/providers/acr/guid.ts';
import { serveData } from './acr-data.ts';
import type { Entra } from './entra.ts';
import { granted, signIn } from './grants.ts';
import type { Access, Account, Users } from './grants.ts';
import { basicLogin } from './http-peer.ts';
import type { Handler } from './http-peer.ts';
import { readBody } from './read-body.ts';
import { unsignedToken } from './unsigned-token.ts';

export interface AcrOptions {
  entra: Entra;
  /** Whose apps it knows. */
  tenantId: string;
  /** What apps may do, by client id; one without a role is not here. */
  roles?: Record<string, Account>;
  /** Of the admin account; none: it is switched off. */
  adminPasswords?: string[];
  /** Repository-scoped tokens. */
  tokens?: Users;
  repositories?: Record<string, Repository>;
  anonymousPull?: boolean;
  /** Its network rules let nobody in. */
  isClosed?: boolean;
}

interface Repository {
  manifests?: string[];
  blobs?: string[];
}

/** Who a request comes from, and what a token of the registry is good for. */
export interface Ticket {
  kind: 'refresh' | 'access';
  /** Absent: anybody. */
  account: Account | undefined;
  /** Of an access token. */
  access: Access[];
}

export interface AcrState extends AcrOptions {
  repositories: Record<string, Repository>;
  issued: Map<string, Ticket>;
  /** Repositories by upload session. */
  uploads: Map<string, string>;
}

const MINUTE = 60;

/** An Azure container registry: its token service, and its data plane as far as acr-data.ts has it. */
export function createAcr(options: AcrOptions): { handle: Handler; uploads: AcrState['uploads'] } {
  const state: AcrState = {
    ...options,
    repositories: options.repositories ?? {},
    issued: new Map(),
    uploads: new Map(),
  };
  const handle: Handler = (request, response) => {
    const url = new URL(request.url ?? '/', `https://${request.headers.host}`);
    void readBody(request).then((body) => {
      if (state.isClosed) return lockOut(response);
      if (url.pathname === '/oauth2/exchange') return exchange(state, request, new URLSearchParams(body), response);
      if (url.pathname === '/oauth2/token') return giveToken(state, url, request, new URLSearchParams(body), response);
      return serveData(state, url, request, response, bearerOf(state, url.hostname, request));
    });
  };
  return { handle, uploads: state.uploads };
}

/** Only an app with a role gets in. */
function exchange(state: AcrState, request: IncomingMessage, form: URLSearchParams, response: ServerResponse): void {
  if (request.method !== 'POST') return void response.writeHead(404).end();
  const principal = state.entra.principalOf(form.get('access_token') ?? '');
  const isMine =
    principal?.tenantId === state.tenantId &&
    principal.scope === 'https://containerregistry.azure.net/.default' &&
    form.get('grant_type') === 'access_token' &&
    form.get('service') === request.headers.host;
  const account = isMine ? state.roles?.[principal.clientId] : undefined;
  if (!account) return unauthorized(response);
  const token = issue(state, { kind: 'refresh', account, access: [] }, 180 * MINUTE);
  reply(response, 200, { refresh_token: token }, { 'x-ms-ratelimit-remaining-calls-per-second': '166.65' });
}

/** What is not granted is left out of the token, and never a reason to give none. */
function giveToken(state: AcrState, url: URL, request: IncomingMessage, form: URLSearchParams, response: ServerResponse): void {
  const asker = request.method === 'POST' ? byForm(state, form) : byBasic(state, url.hostname, request);
  if (asker === 'bad-request') return reply(response, 400, { errors: [{ code: 'INVALID_REQUEST', message: 'bad request' }] });
  if (asker === 'unknown') return unauthorized(response);
  const scopes = [...url.searchParams.getAll('scope'), ...form.getAll('scope')].flatMap((text) => text.split(' '));
  const access = granted(asker.account, scopes, ['pull', '*']);
  const token = issue(state, { kind: 'access', account: asker.account, access }, 75 * MINUTE);
  reply(response, 200, { access_token: token }, { 'x-ms-ratelimit-remaining-calls-per-second': '166.633333' });
}

type Asker = Pick<Ticket, 'account'> | 'unknown' | 'bad-request';

/** A refresh token, or `password` without a user name: that is anybody. */
function byForm(state: AcrState, form: URLSearchParams): Asker {
  if (form.get('grant_type') === 'refresh_token') {
    const ticket = state.issued.get(form.get('refresh_token') ?? '');
    return ticket?.kind === 'refresh' ? ticket : 'unknown';
  }
  if (form.get('grant_type') !== 'password' || form.has('username')) return 'bad-request';
  return state.anonymousPull ? { account: undefined } : 'unknown';
}

function byBasic(state: AcrState, host: string, request: IncomingMessage): Asker {
  const login = basicLogin(request);
  if (!login) return state.anonymousPull ? { account: undefined } : 'unknown';
  const account = accountOf(state, host, login);
  return account ? { account } : 'unknown';
}

function accountOf(state: AcrState, host: string, login: { username: string; password: string }): Account | undefined {
  const { username, password } = login;
  if (username === NULL_GUID) return accountOfTicket(state.issued.get(password));
  if (/^[0-9a-f-]{36}$/.test(username)) {
    return state.entra.isSecret(state.tenantId, username, password) ? state.roles?.[username] : undefined;
  }
  if (username === host.split(/[.-]/)[0]) return state.adminPasswords?.includes(password) ? {} : undefined;
  return signIn(state.tokens ?? {}, login);
}

/** An access token that is used as a password may do what it says, and no more. */
function accountOfTicket(ticket: Ticket | undefined): Account | undefined {
  if (!ticket || ticket.kind === 'refresh') return ticket?.account;
  return { grants: Object.fromEntries(ticket.access.map(({ name, actions }) => [name, actions])) };
}

/** Who sends this request to the data plane; undefined: nobody that is known. */
function bearerOf(state: AcrState, host: string, request: IncomingMessage): Ticket | undefined {
  const [scheme, token = ''] = request.headers.authorization?.split(' ') ?? [];
  if (scheme === 'Bearer') {
    const ticket = state.issued.get(token);
    return ticket?.kind === 'access' ? ticket : undefined;
  }
  const login = basicLogin(request);
  const account = login && accountOf(state, host, login);
  return account && { kind: 'access', account, access: [] };
}

function issue({ issued }: AcrState, ticket: Ticket, seconds: number): string {
  const { kind, access } = ticket;
  const exp = Math.floor(Date.now() / 1000) + seconds;
  const token = unsignedToken({
    iss: 'Azure Container Registry',
    exp,
    grant_type: `${kind}_token`,
    ...(kind === 'access' && { access }),
  });
  issued.set(token, ticket);
  return token;
}

function lockOut(response: ServerResponse): void {
  const message = "client with IP '192.0.2.1' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.";
  reply(response, 403, { errors: [{ code: 'DENIED', message }] });
}

function unauthorized(response: ServerResponse): void {
  const message = 'authentication required, visit https://aka.ms/acr/authorization for more information.';
  reply(response, 401, { errors: [{ code: 'UNAUTHORIZED', message, detail: null }] });
}

function reply(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(`${JSON.stringify(body)}\n`);
}
