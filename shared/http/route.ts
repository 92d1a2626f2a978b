import {
  app as functionsApp,
  type HttpMethod,
  type HttpRequest,
  type HttpResponseInit,
  type InvocationContext,
} from '@azure/functions';
import { z } from 'zod';
import { findProject, type App } from '../domain/app.ts';
import { requireRole, type Caller } from '../domain/caller.ts';
import type { Role } from '../domain/policy.ts';
import type { ErrorCode } from '../lib/errors.ts';
import { runInvocation, type LogLevel } from '../lib/invocation.ts';
import { log } from '../lib/log.ts';
import { parseInput } from '../lib/parse-input.ts';
import { authenticate, type Authentication } from './authenticate.ts';
import { readJsonBody } from './body.ts';
import { problemOf } from './problem.ts';
import type { SchemaName } from './schemas.ts';
import { readQuery } from './query.ts';

const BODY_LIMIT = 64 * 1024;

const NO_QUERY = z.strictObject({});

/** What a route works with. */
export interface Service {
  app: App;
  authentication: Authentication;
}

interface RouteInput<Query, Body> {
  params: Record<string, string>;
  query: Query;
  body: Body;
  request: HttpRequest;
}

interface Reply {
  status?: number;
  headers?: Record<string, string>;
  /** Answered as JSON. */
  body?: unknown;
  /** Answered as it is; then `headers` name its type. */
  text?: string;
}

interface Declaration<Query extends z.ZodType, Body extends z.ZodType> {
  /** The function's name, which is its file's. */
  name: string;
  method: HttpMethod & ('GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE');
  /** Below the prefix `/api/`. */
  path: string;
  summary: string;
  description?: string;
  query?: Query;
  body?: Body;
  /** Where the body is understood further down: what the documentation shows instead. */
  bodySchema?: () => Record<string, unknown>;
  bodyLimitBytes?: number;
  requestHeaders?: Record<string, string>;
  /** By status: what the body is, or a sentence where there is no JSON. */
  reply: Record<number, { schema: SchemaName } | string>;
  errors: ErrorCode[];
}

/** A route for callers with a token: `role` within the project of its path; `any` needs no rule, a good token is enough. */
export interface PrivateRoute<Query extends z.ZodType, Body extends z.ZodType> extends Declaration<Query, Body> {
  role: Role | 'any';
  run(input: RouteInput<z.output<Query>, z.output<Body>> & { caller: Caller; project: string }, app: App): Promise<Reply>;
}

/** One of the few that need no token. */
export interface PublicRoute<Query extends z.ZodType, Body extends z.ZodType> extends Declaration<Query, Body> {
  role: 'public';
  run(input: RouteInput<z.output<Query>, z.output<Body>>, service: Service): Promise<Reply>;
}

export type Route = PrivateRoute<z.ZodType, z.ZodType> | PublicRoute<z.ZodType, z.ZodType>;

/** All that were declared: what OpenAPI and `zz-no-route` speak of. */
export const routes: Route[] = [];

/** Registers a function for a route: token, rights, input, problems and documentation come from the declaration. */
export function declareRoute(route: Route, service: () => Promise<Service>): void {
  routes.push(route);
  functionsApp.http(route.name, {
    methods: [route.method],
    route: route.path,
    authLevel: 'anonymous',
    handler: (request, context) => handle(route, service, request, context),
  });
}

/** Runs a request with its own request id, log and secrets; every throw becomes a problem. */
function handle(
  route: Route,
  service: () => Promise<Service>,
  request: HttpRequest,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  const requestId = context.invocationId;
  return runInvocation({ requestId, write: writerOf(context) }, async () => {
    const startedAt = performance.now();
    const seen: { caller?: Caller } = {};
    const response = await answer(route, service, request, seen).then(
      (reply) => responseOf(reply, requestId),
      (error: unknown) => problemOf(error, requestId),
    );
    const { issuer, subject } = seen.caller ?? {};
    log('info', 'request', {
      function: route.name,
      status: response.status,
      milliseconds: Math.round(performance.now() - startedAt),
      issuer,
      subject,
    });
    return response;
  });
}

/** Where the lines of a function's run go: the platform's log of that invocation. */
export function writerOf(context: InvocationContext) {
  return (level: LogLevel, line: string) => context[level](line);
}

async function answer(
  route: Route,
  service: () => Promise<Service>,
  request: HttpRequest,
  seen: { caller?: Caller },
): Promise<Reply> {
  const ready = await service();
  if (route.role === 'public') return route.run(await inputOf(route, request), ready);
  const caller = await authenticate(request, ready.authentication);
  seen.caller = caller;
  const project = request.params['project'] ?? '';
  requireRight(ready.app, caller, route.role, project);
  return route.run({ ...(await inputOf(route, request)), caller, project }, ready.app);
}

/** Before the body is read: who may not call learns nothing about what a right body would be. */
function requireRight(app: App, caller: Caller, role: Role | 'any', project: string): void {
  if (role !== 'any') requireRole(caller, findProject(app, project), role);
}

async function inputOf(route: Route, request: HttpRequest): Promise<RouteInput<unknown, unknown>> {
  const query = readQuery(request, route.query ?? NO_QUERY);
  const json = route.body ? await readJsonBody(request, route.bodyLimitBytes ?? BODY_LIMIT) : undefined;
  return { params: { ...request.params }, query, body: route.body ? parseInput(route.body, json) : undefined, request };
}

function responseOf({ status = 200, headers = {}, body, text }: Reply, requestId: string): HttpResponseInit {
  const common = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-request-id': requestId, ...headers };
  if (text !== undefined) return { status, headers: common, body: text };
  return body === undefined ? { status, headers: common } : { status, headers: common, jsonBody: body };
}
