import type { KeyObject } from 'node:crypto';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { jwtVerify } from 'jose';
import type { Account } from './grants.ts';
import { startNamedHosts } from './named-hosts.ts';
import type { NamedHosts } from './named-hosts.ts';
import { registryHandler } from './registry.ts';

const HOUR = 3_600_000;

interface GitHubToken {
  /** Absent: of an installation. */
  login?: string;
  scopes?: string[];
  /** As the header says it; absent: never. */
  expiration?: string;
  /** It has ended, whatever the header would say. */
  isExpired?: boolean;
  /** Organizations that want single sign-on, for which it is not approved. */
  unapproved?: string[];
  /** Has used up what the API gives in an hour. */
  isThrottled?: boolean;
}

interface GitHubInstallation {
  account: string;
  permissions: Record<string, 'read' | 'write'>;
  isSuspended?: boolean;
}

interface GitHubApp {
  publicKey: KeyObject;
  installations: Record<string, GitHubInstallation>;
}

export interface GitHubState {
  tokens: Record<string, GitHubToken>;
  /** By app id. */
  apps: Record<string, GitHubApp>;
}

export interface GitHub extends NamedHosts, GitHubState {
  uploads: Map<string, string>;
}

/**
 * GitHub: its container registry and the part of its API that knows tokens and apps. Anybody gets a token of the registry,
 * and tokens say nothing of themselves.
 */
export async function startGitHub(given: Partial<GitHubState>): Promise<GitHub> {
  const state: GitHubState = { tokens: {}, apps: {}, ...given };
  const registry = registryHandler({
    signIn: ({ username, password }) => accountOf(state, username, password),
    auth: 'bearer',
    repositories: ['acme/app'],
    anonymousTokens: true,
    anonymousEntry: true,
    opaqueTokens: true,
    refusal: 403,
    keepsUploads: true,
  });
  const hosts = await startNamedHosts({
    'ghcr.io': registry.handle,
    'api.github.com': (request, response) => {
      answerApi(state, request, response).catch(() => reply(response, 500, { message: 'Server Error' }));
    },
  });
  return Object.assign(hosts, state, { uploads: registry.uploads });
}

/** Pushing takes write:packages, and from an installation the name that its tokens go by. */
function accountOf({ tokens }: GitHubState, username: string, value: string): Account | undefined {
  const token = Object.hasOwn(tokens, value) ? tokens[value] : undefined;
  const { login, scopes = [], isExpired, unapproved = [] } = token ?? {};
  const mayRead = scopes.includes('read:packages') || scopes.includes('write:packages');
  if (!token || isExpired || !mayRead) return undefined;
  const mayWrite = scopes.includes('write:packages') && (login !== undefined || username === 'x-access-token');
  return { grants: unapproved.includes('acme') ? {} : { 'acme/app': mayWrite ? ['pull', 'push'] : ['pull'] } };
}

async function answerApi(state: GitHubState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'https://api.github.com');
  const bearer = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
  if (!request.headers['user-agent']) return reply(response, 403, { message: 'Request forbidden by administrative rules.' });
  if (pathname.startsWith('/app/installations/')) return answerApp(state, bearer, pathname, request, response);

  const token = Object.hasOwn(state.tokens, bearer) ? state.tokens[bearer] : undefined;
  if (!token || token.isExpired) return reply(response, 401, { message: 'Bad credentials' });
  if (token.isThrottled) {
    const reset = String(Math.ceil(Date.now() / 1000) + 120);
    response.setHeader('x-ratelimit-remaining', '0').setHeader('x-ratelimit-reset', reset);
    return reply(response, 403, { message: 'API rate limit exceeded' });
  }
  if (token.expiration) response.setHeader('github-authentication-token-expiration', token.expiration);
  answerToken(token, pathname, response);
}

function answerToken({ login, scopes = [], unapproved = [] }: GitHubToken, pathname: string, response: ServerResponse): void {
  if (login === undefined) {
    if (pathname === '/installation/repositories') return reply(response, 200, { total_count: 0, repositories: [] });
    return reply(response, 403, { message: 'Resource not accessible by integration' });
  }
  response.setHeader('x-oauth-scopes', scopes.join(', '));
  if (pathname === '/user') return reply(response, 200, { login, id: 1 });
  const [, organization] = /^\/orgs\/([^/]+)\/packages$/.exec(pathname) ?? [];
  if (organization === undefined) return reply(response, 404, { message: 'Not Found' });
  if (unapproved.includes(organization)) {
    response.setHeader(
      'x-github-sso',
      `required; url=https://github.com/orgs/${organization}/sso?authorization_request=${randomUUID()}`,
    );
    return reply(response, 403, { message: 'Resource protected by organization SAML enforcement.' });
  }
  return organization === 'acme' ? reply(response, 200, []) : reply(response, 404, { message: 'Not Found' });
}

async function answerApp(
  state: GitHubState,
  assertion: string,
  pathname: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const app = await appOf(state, assertion);
  if (typeof app === 'string') return reply(response, 401, { message: app });
  const [, id = '', isMinting] = /^\/app\/installations\/(\d+)(\/access_tokens)?$/.exec(pathname) ?? [];
  const installation = Object.hasOwn(app.installations, id) ? app.installations[id] : undefined;
  if (!installation) return reply(response, 404, { message: 'Not Found' });
  const { account, permissions, isSuspended } = installation;
  if (!isMinting) return reply(response, 200, { id: Number(id), account: { login: account }, permissions });
  if (isSuspended) return reply(response, 403, { message: 'This installation has been suspended' });

  const asked = (JSON.parse((await text(request)) || '{}') as { permissions?: typeof permissions }).permissions ?? permissions;
  const isGranted = Object.entries(asked).every(([name, level]) => permissions[name] === level || permissions[name] === 'write');
  if (!isGranted) return reply(response, 422, { message: 'The permissions requested are not granted to this installation.' });
  const value = `ghs_${id}_${randomUUID().replaceAll('-', '')}.${randomUUID()}`;
  const scopes = asked['packages'] === 'write' ? ['write:packages'] : ['read:packages'];
  state.tokens[value] = { scopes: asked['packages'] ? scopes : [] };
  reply(response, 201, { token: value, expires_at: new Date(Date.now() + HOUR).toISOString(), permissions: asked });
}

/** The app that signed the assertion, or what GitHub says of a bad one. */
async function appOf({ apps }: GitHubState, assertion: string): Promise<GitHubApp | string> {
  for (const [id, app] of Object.entries(apps)) {
    const claims = await jwtVerify(assertion, app.publicKey, { algorithms: ['RS256'], issuer: id }).then(
      ({ payload }) => payload,
      () => undefined,
    );
    if (!claims) continue;
    const isTooLong = (claims.exp ?? Number.POSITIVE_INFINITY) > Date.now() / 1000 + 600;
    return isTooLong ? "'Expiration time' claim ('exp') is too far in the future" : app;
  }
  return 'A JSON web token could not be decoded';
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
