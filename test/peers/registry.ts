import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Leaf } from './certificates.ts';
import { granted, signIn } from './grants.ts';
import type { Access, Account, Users } from './grants.ts';
import { basicLogin, startHttpPeer } from './http-peer.ts';
import type { Handler, HttpPeer } from './http-peer.ts';

/** Answers a request in place of the registry; false leaves it to the registry. See oddities.ts. */
export type Oddity = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface RegistryOptions {
  users?: Users;
  /** How a product knows whose login it is, where that is more than a list of users. */
  signIn?: (login: { username: string; password: string }) => Account | undefined;
  /** Default: basic. */
  auth?: 'basic' | 'bearer';
  /** Names of those that exist. */
  repositories?: string[];
  /** Anybody may pull, and gets tokens for that. */
  anonymousPull?: boolean;
  /** Anybody gets a token without scopes, and it opens `/v2/`. */
  anonymousEntry?: boolean;
  /** Anybody gets a token without scopes, which opens nothing. */
  anonymousTokens?: boolean;
  /** A wrong login gets what anybody gets, as Harbor does it. */
  wrongLoginIsAnybody?: boolean;
  /** Tokens say nothing of what they are good for. */
  opaqueTokens?: boolean;
  /** What the challenge names as realm; default: `tokenPath` of the registry itself. */
  realm?: string;
  /** Where tokens are given; default: `/token`. */
  tokenPath?: string;
  /** The answer is `{ token }` and no more, as at Quay. */
  bareTokens?: boolean;
  /** A scope with any other action is refused, as at Quay. */
  knownActions?: string[];
  /** What the token service answers to a wrong login; default: 401. */
  refusal?: 401 | 403;
  /** Upload sessions cannot be ended, only left to lapse, as at GHCR. */
  keepsUploads?: boolean;
  tls?: Leaf;
  odd?: Oddity;
}

export interface Registry extends HttpPeer {
  users: Users;
  /** Upload sessions that were begun and not ended. */
  uploads: Map<string, string>;
}

/** A registry with users, tokens, repositories and upload sessions. It holds no blobs: for pulls there is real-registry.ts. */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const users = options.users ?? {};
  const { handle, uploads } = registryHandler({ ...options, users });
  const peer = await startHttpPeer(handle, options.tls);
  return Object.assign(peer, { users, uploads });
}

/** The same without a server, for products that answer under several names; see named-hosts.ts. */
export function registryHandler(
  options: RegistryOptions,
): Pick<Registry, 'uploads'> & { handle: Handler; tokens: Map<string, Ticket> } {
  const { users = {}, signIn: ownSignIn } = options;
  const state: State = {
    ...options,
    signIn: ownSignIn ?? ((login) => signIn(users, login)),
    repositories: new Set(options.repositories),
    tokens: new Map<string, Ticket>(),
    uploads: new Map<string, string>(),
  };
  const handle: Handler = (request, response) => {
    if (options.odd?.(request, response)) return;
    answer(state, `${'encrypted' in request.socket ? 'https' : 'http'}://${request.headers.host}`, request, response);
  };
  return { handle, uploads: state.uploads, tokens: state.tokens };
}

/** What a token of the registry stands for. */
interface Ticket {
  /** Absent: anybody. */
  account: Account | undefined;
  access: Access[];
}

type State = Omit<RegistryOptions, 'repositories' | 'signIn'> & {
  signIn: NonNullable<RegistryOptions['signIn']>;
  repositories: Set<string>;
  tokens: Map<string, Ticket>;
  uploads: Map<string, string>;
};

function answer(state: State, origin: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', origin);
  if (url.pathname === (state.tokenPath ?? '/token')) return giveToken(state, url, request, response);
  const [, repository = '', rest = ''] = /^\/v2\/(.+?)\/(tags\/list|blobs\/uploads\/.*)$/.exec(url.pathname) ?? [];
  const action = request.method === 'POST' ? 'push' : request.method === 'DELETE' ? 'delete' : 'pull';
  const scope = repository && `repository:${repository}:${action}`;
  if (url.pathname !== '/v2/' && !repository) return reply(response, 404, 'NOT_FOUND');
  const refusal = refuse(state, request, repository, action);
  if (refusal === 401) response.setHeader('www-authenticate', challenge(state, origin, scope));
  if (refusal) return reply(response, refusal, refusal === 401 ? 'UNAUTHORIZED' : 'DENIED');
  if (!repository) return reply(response, 200);
  if (!state.repositories.has(repository)) return reply(response, 404, 'NAME_UNKNOWN');
  if (rest === 'tags/list') return reply(response, 200, { name: repository, tags: ['latest'] });
  serveUpload(state, repository, rest, request, response);
}

function serveUpload(
  { uploads, keepsUploads }: State,
  repository: string,
  rest: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const id = rest.slice('blobs/uploads/'.length);
  if (request.method === 'POST') {
    const session = randomUUID();
    uploads.set(session, repository);
    response.setHeader('location', `/v2/${repository}/blobs/uploads/${session}`);
    return reply(response, 202);
  }
  if (request.method === 'DELETE' && keepsUploads) return reply(response, 405, 'UNSUPPORTED');
  if (request.method === 'DELETE' && uploads.delete(id)) return reply(response, 204);
  reply(response, 404, 'BLOB_UPLOAD_UNKNOWN');
}

/** The status of a refusal, or undefined. */
function refuse(state: State, request: IncomingMessage, repository: string, action: string): 401 | 403 | undefined {
  const isOpen = state.anonymousPull === true && action === 'pull' && repository !== '';
  if (state.auth === 'bearer') {
    const ticket = state.tokens.get(request.headers.authorization?.replace(/^Bearer /, '') ?? '');
    if (!ticket) return isOpen ? undefined : 401;
    if (!repository) return ticket.account === undefined && !state.anonymousEntry ? 401 : undefined;
    return ticket.access.some((access) => access.name === repository && mayDo(access.actions, action)) ? undefined : 401;
  }
  const login = basicLogin(request);
  if (!login) return isOpen ? undefined : 401;
  const account = state.signIn(login);
  if (!account) return 401;
  if (!repository) return undefined;
  return granted(account, [`repository:${repository}:${action}`]).length > 0 ? undefined : 403;
}

function mayDo(actions: string[], action: string): boolean {
  return actions.includes(action) || actions.includes('*');
}

function challenge({ auth, realm, tokenPath = '/token' }: State, origin: string, scope: string): string {
  if (auth !== 'bearer') return 'Basic realm="registry"';
  return `Bearer realm="${realm ?? `${origin}${tokenPath}`}",service="registry"${scope && `,scope="${scope}"`}`;
}

function giveToken(state: State, url: URL, request: IncomingMessage, response: ServerResponse): void {
  const given = basicLogin(request);
  const account = given && state.signIn(given);
  const scopes = url.searchParams.getAll('scope');
  if (!scopes.every((scope) => hasKnownActions(scope, state.knownActions))) return reply(response, 400, 'INVALID_REQUEST');
  const isForAnybody = state.anonymousEntry || state.anonymousTokens || (state.anonymousPull && scopes.length > 0);
  const isRefused = given && !account && !state.wrongLoginIsAnybody;
  if (isRefused || (!account && !isForAnybody)) {
    return state.refusal === 403 ? reply(response, 403, 'DENIED') : reply(response, 401, 'UNAUTHORIZED');
  }
  const access = granted(account, scopes, state.anonymousPull ? ['pull'] : []);
  const claims = Buffer.from(JSON.stringify({ sub: account ? given?.username : '', access })).toString('base64url');
  const token = state.opaqueTokens ? randomUUID() : `eyJhbGciOiJub25lIn0.${claims}.${randomUUID()}`;
  state.tokens.set(token, { account, access });
  reply(response, 200, state.bareTokens ? { token } : { token, expires_in: 300 });
}

function hasKnownActions(scope: string, known: string[] | undefined): boolean {
  const actions = scope.split(':').at(-1)?.split(',') ?? [];
  return !known || actions.every((action) => known.includes(action));
}

function reply(response: ServerResponse, status: number, body: object | string = {}): void {
  const json = typeof body === 'string' ? { errors: [{ code: body, message: body.toLowerCase() }] } : body;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(status === 204 ? undefined : JSON.stringify(json));
}
