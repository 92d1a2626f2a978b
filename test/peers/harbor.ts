import type { IncomingMessage, ServerResponse } from 'node:http';
import { basicLogin, type Handler } from './http-peer.ts';
import type { Account, Users } from './grants.ts';
import { signIn } from './grants.ts';
import { startNamedHosts, type NamedHosts } from './named-hosts.ts';
import { registryHandler } from './registry.ts';

interface Robot extends Account {
  id: number;
  secret: string;
  /** Absent: a system robot. */
  project?: string;
  /** Seconds since 1970; -1: never. */
  expiresAt: number;
  isDisabled?: boolean;
  mayListRobots?: boolean;
  /** `*`: all projects. */
  namespace?: string;
}

export interface HarborOptions {
  host?: string;
  /** By whole name. */
  robots?: Record<string, Robot>;
  users?: Users;
  /** Numbers by name. */
  projects?: Record<string, number>;
  repositories?: string[];
}

export interface Harbor extends NamedHosts {
  robots: NonNullable<HarborOptions['robots']>;
}

type Login = { username: string; password: string };

/** A Harbor: robots and users, the API, and the token service, which gives a token for a scope to anybody at all. */
export async function startHarbor(options: HarborOptions): Promise<Harbor> {
  const { host = 'harbor.example.com', robots = {}, users = {}, repositories } = options;
  const signInHere = (login: Login) => robotOf(robots, login) ?? signIn(users, login);
  const { handle } = registryHandler({
    auth: 'bearer',
    tokenPath: '/service/token',
    anonymousTokens: true,
    wrongLoginIsAnybody: true,
    repositories,
    signIn: signInHere,
  });
  const serve: Handler = (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', `https://${host}`);
    if (pathname.startsWith('/api/v2.0/')) return serveApi(options, request, response);
    const login = basicLogin(request);
    const isScopeless = pathname === '/service/token' && !searchParams.has('scope');
    if (isScopeless && !(login && signInHere(login))) return refuse(response, 401);
    handle(request, response);
  };
  return Object.assign(await startNamedHosts({ [host]: serve }), { robots });
}

/** One that is disabled or has expired is nobody. */
function robotOf(robots: Record<string, Robot>, { username, password }: Login): Robot | undefined {
  const robot = Object.hasOwn(robots, username) ? robots[username] : undefined;
  if (!robot || robot.secret !== password || robot.isDisabled) return undefined;
  return robot.expiresAt >= 0 && robot.expiresAt * 1000 <= Date.now() ? undefined : robot;
}

function serveApi({ robots = {}, projects = {}, host }: HarborOptions, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', `https://${host}`);
  const login = basicLogin(request);
  const caller = login && robotOf(robots, login);
  if (!caller) return refuse(response, 401);
  const [, projectName] = /^\/api\/v2\.0\/projects\/([^/]+)$/.exec(pathname) ?? [];
  if (projectName !== undefined) {
    const id = caller.project === projectName ? projects[projectName] : undefined;
    return id === undefined ? refuse(response, 403) : reply(response, { project_id: id, name: projectName });
  }
  if (pathname !== '/api/v2.0/robots') return refuse(response, 404);
  if (!caller.mayListRobots) return refuse(response, 403);
  const filter = new Map((searchParams.get('q') ?? '').split(',').map((pair) => pair.split('=') as [string, string]));
  if (filter.get('Level') === 'project' && !filter.has('ProjectID')) return refuse(response, 400);
  const projectId = Number(filter.get('ProjectID') ?? 0);
  const listed = Object.entries(robots).filter(
    ([, { project }]) => (project === undefined ? 0 : projects[project]) === projectId,
  );
  reply(
    response,
    listed.map(([name, { id, expiresAt, isDisabled = false, project, namespace = project }]) => ({
      id,
      name,
      disable: isDisabled,
      expires_at: expiresAt,
      level: project === undefined ? 'system' : 'project',
      permissions: [{ kind: 'project', namespace, access: [{ resource: 'repository', action: 'pull' }] }],
    })),
  );
}

function reply(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number): void {
  const code = status === 401 ? 'UNAUTHORIZED' : 'FORBIDDEN';
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }));
}
