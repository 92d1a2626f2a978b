import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from '../lib/errors.ts';
import { PROBLEM_TYPE } from './problem.ts';
import { routes, type Route } from './route.ts';
import type { SchemaName } from './schemas.ts';

/** Codes that every route, or every one with a token or a body, can answer, so that no declaration repeats them. */
const OF_ANY: ErrorCode[] = ['INVALID_INPUT'];
const OF_A_TOKEN: ErrorCode[] = ['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ISSUER_UNAVAILABLE', 'STORE_UNAVAILABLE'];
const OF_A_BODY: ErrorCode[] = ['TOO_LARGE', 'UNSUPPORTED_TYPE'];

type Json = Record<string, unknown>;

/** By public address. Anybody may ask, and writing one takes tens of milliseconds; routes are declared before the first request. */
const written = new Map<string | undefined, string>();

/** OpenAPI 3.1 of everything that was declared, as JSON: https://spec.openapis.org/oas/v3.1.1 */
export async function openApi(publicUrl: string | undefined): Promise<string> {
  const text = written.get(publicUrl) ?? JSON.stringify(await documentOf(publicUrl));
  written.set(publicUrl, text);
  return text;
}

async function documentOf(publicUrl: string | undefined): Promise<Json> {
  const paths: Record<string, Json> = {};
  for (const route of routes.toSorted((a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method))) {
    const path = `/api/${route.path}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'regcred',
      version: '1',
      description: 'Stores, proves, hands out and rotates container-registry credentials.',
    },
    ...(publicUrl && { servers: [{ url: publicUrl }] }),
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: await namedSchemas(),
    },
  };
}

function operation(route: Route): Json {
  return {
    operationId: route.name,
    summary: route.summary,
    ...(route.description && { description: route.description }),
    ...(route.role === 'public' ? { security: [] } : { 'x-role': route.role }),
    parameters: [...pathParameters(route), ...queryParameters(route), ...headerParameters(route)],
    ...(route.body && {
      requestBody: {
        required: route.bodySchema !== undefined || !route.body.safeParse(undefined).success,
        content: { 'application/json': { schema: route.bodySchema?.() ?? schema(route.body, 'input') } },
      },
    }),
    responses: { ...replies(route), ...problems(route) },
  };
}

function pathParameters({ path }: Route): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
}

function queryParameters({ query }: Route): Json[] {
  if (!query) return [];
  const { properties = {}, required = [] } = schema(query, 'input') as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: property,
  }));
}

function headerParameters({ requestHeaders = {} }: Route): Json[] {
  return Object.entries(requestHeaders).map(([name, description]) => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  }));
}

function replies({ reply }: Route): Json {
  return Object.fromEntries(
    Object.entries(reply).map(([status, body]) => [
      status,
      typeof body === 'string'
        ? { description: body }
        : { description: 'Done.', content: { 'application/json': { schema: reference(body.schema) } } },
    ]),
  );
}

/** One entry per status, naming the codes behind it. */
function problems(route: Route): Json {
  const codes = [
    ...new Set([...OF_ANY, ...route.errors, ...(route.role === 'public' ? [] : OF_A_TOKEN), ...(route.body ? OF_A_BODY : [])]),
  ];
  const byStatus = Map.groupBy(codes, (code) => ERROR_CODES[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `${code}: ${ERROR_CODES[code].title}.`).join(' '),
        content: { [PROBLEM_TYPE]: { schema: reference('Problem') } },
      },
    ]),
  );
}

/** The schemas that have a name, each of which refers to the others by it. Loaded for this document alone: no request needs them. */
async function namedSchemas(): Promise<Json> {
  await import('./schemas.ts');
  const { schemas } = z.toJSONSchema(z.globalRegistry, { uri: componentUri, unrepresentable: 'any' });
  return Object.fromEntries(Object.entries(schemas).map(([name, named]) => [name, bare(named)]));
}

function schema(type: z.ZodType, io: 'input'): Json {
  return bare(z.toJSONSchema(type, { io, unrepresentable: 'any' }));
}

function reference(name: SchemaName): Json {
  return { $ref: componentUri(name) };
}

function componentUri(name: string): string {
  return `#/components/schemas/${name}`;
}

/** Without the members that only a document of its own has. */
function bare({ $schema: _dialect, $id: _uri, id: _name, ...rest }: Json): Json {
  return rest;
}
