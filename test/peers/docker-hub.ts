import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Account } from './grants.ts';
import { startNamedHosts } from './named-hosts.ts';
import type { NamedHosts } from './named-hosts.ts';
import { registryHandler } from './registry.ts';

interface HubToken {
  value: string;
  /** ISO 8601; absent: never. */
  expiresAt?: string;
  isActive?: boolean;
  scopes?: string[];
}

export interface HubAccount extends Account {
  /** Organizations have none. */
  password?: string;
  tokens: HubToken[];
  /** Pulls that are left of 40; absent: a paid account, which has no limit. */
  pullsLeft?: number;
}

export interface DockerHub extends NamedHosts {
  accounts: Record<string, HubAccount>;
}

/**
 * Docker Hub: registry, token service and API, with the accounts given. Organizations sign in with a token and see no list.
 *
 * https://docs.docker.com/reference/api/hub/latest/ and https://docs.docker.com/docker-hub/usage/pulls/
 */
export async function startDockerHub(accounts: Record<string, HubAccount>): Promise<DockerHub> {
  const registry = registryHandler({
    signIn: ({ username, password }) => signIn(accounts, username, password),
    auth: 'bearer',
    realm: 'https://auth.docker.io/token',
    repositories: ['acme/app'],
    // Anybody may pull what is public; a token for nothing opens nothing that is private.
    anonymousTokens: true,
    anonymousEntry: true,
  });
  const sessions = new Map<string, HubAccount>();
  const hosts = await startNamedHosts({
    'auth.docker.io': registry.handle,
    'registry-1.docker.io': (request, response) => {
      if (!request.url?.startsWith('/v2/ratelimitpreview/test/manifests/')) return registry.handle(request, response);
      const ticket = registry.tokens.get(bearerOf(request));
      const mayPull = ticket?.access.some(({ name, actions }) => name === 'ratelimitpreview/test' && actions.includes('pull'));
      if (!mayPull) return response.writeHead(401).end();
      const { pullsLeft } = (ticket?.account ?? {}) as Partial<HubAccount>;
      response.writeHead(200, pullsLeft === undefined ? {} : limitHeaders(pullsLeft)).end();
    },
    'hub.docker.com': (request, response) => void answerApi(accounts, sessions, request, response),
  });
  return Object.assign(hosts, { accounts });
}

function signIn(accounts: Record<string, HubAccount>, username: string, secret: string): HubAccount | undefined {
  const account = Object.hasOwn(accounts, username) ? accounts[username] : undefined;
  const isRight = account?.password === secret || account?.tokens.some((token) => token.value === secret && isUsable(token));
  return isRight ? account : undefined;
}

function isUsable({ expiresAt, isActive = true }: HubToken): boolean {
  return isActive && (expiresAt === undefined || Date.parse(expiresAt) > Date.now());
}

function limitHeaders(pullsLeft: number): Record<string, string> {
  return {
    'ratelimit-limit': '40;w=3600',
    'ratelimit-remaining': `${pullsLeft};w=3600`,
    'docker-ratelimit-source': randomUUID(),
  };
}

async function answerApi(
  accounts: Record<string, HubAccount>,
  sessions: Map<string, HubAccount>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'https://hub.docker.com');
  if (request.method === 'POST' && pathname === '/v2/auth/token') {
    const { identifier, secret } = JSON.parse(await text(request)) as { identifier: string; secret: string };
    const account = signIn(accounts, identifier, secret);
    if (!account) return reply(response, 401, { detail: 'Incorrect authentication credentials', message: 'unauthorized' });
    const session = `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify({ sub: randomUUID() })).toString('base64url')}.`;
    sessions.set(session, account);
    return reply(response, 200, { access_token: session });
  }
  const account = sessions.get(bearerOf(request));
  if (!account) return reply(response, 401, { errinfo: null, message: 'unauthorized' });
  if (request.method !== 'GET' || pathname !== '/v2/access-tokens') return reply(response, 404, { message: 'not found' });
  if (account.password === undefined) return reply(response, 403, { errinfo: null, message: 'forbidden' });
  const results = account.tokens.map(listed);
  reply(response, 200, { count: results.length, next: null, previous: null, results });
}

/** The value is shown when the token is made, and never again. */
function listed({ value, expiresAt, isActive = true, scopes = ['repo:read'] }: HubToken): object {
  const expiry = { expires_at: expiresAt ?? null };
  return { uuid: tokenId(value), token: '***', is_active: isActive, scopes, generated_by: 'manual', ...expiry };
}

/** Stands for the id that Docker Hub would give: the same for the same token. */
export function tokenId(value: string): string {
  return `uuid-of-${Buffer.from(value).toString('hex').slice(-12)}`;
}

function bearerOf(request: IncomingMessage): string {
  return request.headers.authorization?.replace(/^Bearer /, '') ?? '';
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
