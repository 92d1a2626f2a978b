import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Handler } from './http-peer.ts';
import { startNamedHosts, type NamedHosts } from './named-hosts.ts';
import { registryHandler, type Registry } from './registry.ts';

interface GitlabToken {
  /** A deploy token has a user name of its own; an access token takes any. */
  username?: string;
  id: number;
  scopes: string[];
  /** `YYYY-MM-DD`: it ends as that day begins, in UTC. Absent: never. */
  expiresOn?: string;
  isRevoked?: boolean;
}

export interface GitlabOptions {
  /** By value. */
  tokens: Record<string, GitlabToken>;
  /** Default: `gitlab.com`. */
  site?: string;
  /** Default: `registry.gitlab.com`. */
  registry?: string;
  repositories?: string[];
  /** Only tokens with the scope api or read_api may ask about themselves. */
  hidesFromRegistryTokens?: boolean;
}

export interface Gitlab extends NamedHosts {
  tokens: GitlabOptions['tokens'];
  uploads: Registry['uploads'];
}

/** A GitLab: its API, the tokens that it gives for its registry, and the registry under a host of its own. */
export async function startGitlab(options: GitlabOptions): Promise<Gitlab> {
  const { tokens, site = 'gitlab.com', registry = 'registry.gitlab.com', repositories = [] } = options;
  const { handle, uploads } = registryHandler({
    auth: 'bearer',
    realm: `https://${site}/jwt/auth`,
    tokenPath: '/jwt/auth',
    refusal: 403,
    repositories,
    signIn: ({ username, password }) => {
      const token = tokens[password];
      if (!token || stateOf(token) !== 'active' || (token.username !== undefined && token.username !== username))
        return undefined;
      const actions = actionsOf(token);
      if (actions.length === 0) return undefined;
      return { grants: Object.fromEntries(repositories.map((name) => [name, actions])) };
    },
  });
  const serveSite: Handler = (request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/jwt/auth') return handle(request, response);
    if (path === '/api/v4/personal_access_tokens/self') return tellSelf(options, request, response);
    reply(response, 404, { error: '404 Not Found' });
  };
  const hosts = await startNamedHosts({ [registry]: handle, [site]: serveSite });
  return Object.assign(hosts, { tokens, uploads });
}

function stateOf({ isRevoked, expiresOn }: GitlabToken): 'active' | 'revoked' | 'expired' {
  if (isRevoked) return 'revoked';
  return expiresOn !== undefined && new Date(expiresOn) <= new Date() ? 'expired' : 'active';
}

/** https://docs.gitlab.com/user/packages/container_registry/authenticate_with_container_registry/ */
function actionsOf({ scopes, username }: GitlabToken): string[] {
  const has = (...names: string[]) => names.some((name) => scopes.includes(name));
  return [
    ...(has('read_registry', 'read_api', 'api') ? ['pull'] : []),
    ...(has('write_registry', 'api') ? ['push'] : []),
    ...(has('write_registry', 'api') && username === undefined ? ['delete'] : []),
  ];
}

/** https://docs.gitlab.com/api/personal_access_tokens/#get-details-on-a-personal-access-token */
function tellSelf({ tokens, hidesFromRegistryTokens }: GitlabOptions, request: IncomingMessage, response: ServerResponse): void {
  const value = String(request.headers['private-token'] ?? '');
  const token = Object.hasOwn(tokens, value) ? tokens[value] : undefined;
  // To its API, a deploy token is nobody.
  if (!token || token.username !== undefined) return reply(response, 401, { message: '401 Unauthorized' });
  const state = stateOf(token);
  if (state === 'expired') return refuse(response, 'Token is expired. You can either do re-authorization or token refresh.');
  if (state === 'revoked') return refuse(response, 'Token was revoked. You have to re-authorize from the user.');
  if (hidesFromRegistryTokens && !token.scopes.some((scope) => scope.endsWith('api'))) {
    return reply(response, 403, { error: 'insufficient_scope', scope: 'api read_api' });
  }
  const { id, scopes, expiresOn = null } = token;
  reply(response, 200, {
    id,
    name: 'ci',
    revoked: false,
    active: true,
    scopes,
    user_id: 7,
    expires_at: expiresOn,
    last_used_at: null,
  });
}

function refuse(response: ServerResponse, description: string): void {
  reply(response, 401, { error: 'invalid_token', error_description: description });
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
