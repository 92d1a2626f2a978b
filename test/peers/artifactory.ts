import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Handler } from './http-peer.ts';
import { startNamedHosts, type NamedHosts } from './named-hosts.ts';
import { registryHandler } from './registry.ts';

interface ArtifactoryToken {
  id: string;
  username: string;
  /** Seconds since 1970. Absent: never. */
  expiresAt?: number;
  scope?: string;
  isRevoked?: boolean;
}

export interface ArtifactoryOptions {
  /** Access and reference tokens, by value. */
  tokens?: Record<string, ArtifactoryToken>;
  /** Passwords by name. */
  users?: Record<string, string>;
  /** Of the registry; default: `acme.jfrog.io`. */
  registry?: string;
  /** Of the platform, where that is another host. */
  site?: string;
  /** Anybody gets tokens, which open the registry. */
  hasAnonymousAccess?: boolean;
  /** A version that does not know `tokens/me`. */
  isOld?: boolean;
  /** How the registry asks for a login; default: bearer. */
  auth?: 'basic' | 'bearer';
}

/** An Artifactory: tokens and users, the platform's API, and a registry at its own or at another host. */
export async function startArtifactory(options: ArtifactoryOptions): Promise<NamedHosts> {
  const { tokens = {}, users = {}, registry = 'acme.jfrog.io', site = registry, hasAnonymousAccess = false } = options;
  const { handle } = registryHandler({
    auth: options.auth ?? 'bearer',
    tokenPath: '/v2/token',
    anonymousEntry: hasAnonymousAccess,
    signIn: ({ username, password }) => {
      const token = live(tokens, password);
      return token?.username === username || (Object.hasOwn(users, username) && users[username] === password) ? {} : undefined;
    },
  });
  const serve: Handler = (request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const isApi = request.headers.host === site && /^\/(?:access|artifactory)\//.test(path);
    if (isApi) return serveApi(options, path, request, response);
    if (request.headers.host === registry) return handle(request, response);
    response.writeHead(404).end();
  };
  return startNamedHosts(Object.fromEntries([registry, site].map((name) => [name, serve])));
}

function live(tokens: Record<string, ArtifactoryToken>, value: string): ArtifactoryToken | undefined {
  const token = Object.hasOwn(tokens, value) ? tokens[value] : undefined;
  if (!token || token.isRevoked) return undefined;
  return token.expiresAt !== undefined && token.expiresAt * 1000 <= Date.now() ? undefined : token;
}

function serveApi(
  { tokens = {}, isOld }: ArtifactoryOptions,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (path === '/artifactory/api/system/ping') return void response.writeHead(200, { 'content-type': 'text/plain' }).end('OK');
  if (path !== '/access/api/v1/tokens/me' || isOld) return reply(response, 404, { errors: [{ code: 'NOT_FOUND' }] });
  const token = live(tokens, /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '');
  if (!token) return reply(response, 401, { errors: [{ code: 'UNAUTHORIZED', message: 'Token failed verification' }] });
  const { id, username, expiresAt, scope = 'applied-permissions/user' } = token;
  reply(response, 200, {
    token_id: id,
    subject: `jfac@01example/users/${username}`,
    ...(expiresAt !== undefined && { expiry: expiresAt }),
    issued_at: 1_700_000_000,
    refreshable: false,
    scope,
  });
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A JWT as Artifactory makes them, unsigned. */
export function accessToken(username: string, expiresAt?: number): string {
  const claims = {
    sub: `jfac@01example/users/${username}`,
    scp: 'applied-permissions/user',
    ...(expiresAt && { exp: expiresAt }),
  };
  return `${part({ typ: 'JWT', alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
