import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Leaf } from './certificates.ts';
import { granted, isLogin } from './grants.ts';
import type { Access, Users } from './grants.ts';
import { basicLogin, startHttpPeer } from './http-peer.ts';
import type { HttpPeer } from './http-peer.ts';

/** Answers a request in place of the registry; false leaves it to the registry. See oddities.ts. */
export type Oddity = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface RegistryOptions {
  users: Users;
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
  /** What the challenge names as realm; default: `/token` of the registry itself. */
  realm?: string;
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
  const state = {
    ...options,
    repositories: new Set(options.repositories),
    tokens: new Map<string, Ticket>(),
    uploads: new Map<string, string>(),
  };
  const peer: HttpPeer = await startHttpPeer((request, response) => {
    if (options.odd?.(request, response)) return;
    answer(state, peer.url, request, response);
  }, options.tls);
  return Object.assign(peer, { users: options.users, uploads: state.uploads });
}

interface Ticket {
  /** Absent: anybody. */
  username: string | undefined;
  access: Access[];
}

type State = Omit<RegistryOptions, 'repositories'> & {
  repositories: Set<string>;
  tokens: Map<string, Ticket>;
  uploads: Map<string, string>;
};

function answer(state: State, origin: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', origin);
  if (url.pathname === '/token') return giveToken(state, url, request, response);
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
  { uploads }: State,
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
  if (request.method === 'DELETE' && uploads.delete(id)) return reply(response, 204);
  reply(response, 404, 'BLOB_UPLOAD_UNKNOWN');
}

/** The status of a refusal, or undefined. */
function refuse(state: State, request: IncomingMessage, repository: string, action: string): 401 | 403 | undefined {
  const isOpen = state.anonymousPull === true && action === 'pull' && repository !== '';
  if (state.auth === 'bearer') {
    const ticket = state.tokens.get(request.headers.authorization?.replace(/^Bearer /, '') ?? '');
    if (!ticket) return isOpen ? undefined : 401;
    if (!repository) return ticket.username === undefined && !state.anonymousEntry ? 401 : undefined;
    return ticket.access.some((access) => access.name === repository && access.actions.includes(action)) ? undefined : 401;
  }
  const login = basicLogin(request);
  if (!login) return isOpen ? undefined : 401;
  if (!isLogin(state.users, login)) return 401;
  if (!repository) return undefined;
  return granted(state.users, login.username, [`repository:${repository}:${action}`]).length > 0 ? undefined : 403;
}

function challenge({ auth, realm }: State, origin: string, scope: string): string {
  if (auth !== 'bearer') return 'Basic realm="registry"';
  return `Bearer realm="${realm ?? `${origin}/token`}",service="registry"${scope && `,scope="${scope}"`}`;
}

function giveToken(state: State, url: URL, request: IncomingMessage, response: ServerResponse): void {
  const given = basicLogin(request);
  const login = given && isLogin(state.users, given) ? given : undefined;
  const scopes = url.searchParams.getAll('scope');
  const isForAnybody = state.anonymousEntry || state.anonymousTokens || (state.anonymousPull && scopes.length > 0);
  const isRefused = given && !login && !state.wrongLoginIsAnybody;
  if (isRefused || (!login && !isForAnybody)) return reply(response, 401, 'UNAUTHORIZED');
  const access = granted(state.users, login?.username, scopes, state.anonymousPull ? ['pull'] : []);
  const claims = Buffer.from(JSON.stringify({ sub: login?.username ?? '', access })).toString('base64url');
  const token = state.opaqueTokens ? randomUUID() : `eyJhbGciOiJub25lIn0.${claims}.${randomUUID()}`;
  state.tokens.set(token, { username: login?.username, access });
  reply(response, 200, { token, expires_in: 300 });
}

function reply(response: ServerResponse, status: number, body: object | string = {}): void {
  const json = typeof body === 'string' ? { errors: [{ code: body, message: body.toLowerCase() }] } : body;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(status === 204 ? undefined : JSON.stringify(json));
}
