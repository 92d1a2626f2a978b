import { Validator } from '@seriousme/openapi-schema-validator';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startService, type Service } from '../service.ts';

interface Operation {
  operationId: string;
  security?: unknown[];
  responses: Record<string, unknown>;
  requestBody?: { content: Record<string, { schema: Record<string, unknown> }> };
}

let service: Service;
let paths: Record<string, Record<string, Operation>>;
beforeAll(async () => {
  service = await startService();
  paths = (await service.get('/api/openapi.json', { as: null })).json.paths;
});
afterAll(() => service[Symbol.asyncDispose]());

describe('GET /api/openapi.json', () => {
  test('answers valid OpenAPI 3.1 to anybody', async () => {
    const reply = await service.get('/api/openapi.json', { as: null });

    expect(reply.status).toBe(200);
    expect(reply.json.openapi).toMatch(/^3\.1\./);
    expect(await new Validator().validate(reply.json)).toMatchObject({ valid: true });
  });

  test('describes every function that has a route', async () => {
    const files = await readdir(join(import.meta.dirname, '../../functions'));
    const described = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));

    const others = new Set(['sweep', 'tick', 'work', 'work-poison', 'zz-no-route']);
    const named = files.map((file) => file.replace(/\.ts$/, '')).filter((name) => !others.has(name));
    expect(described.toSorted()).toEqual(named.toSorted());
  });

  test('asks for a token everywhere but at the three public addresses', () => {
    const open = Object.entries(paths).flatMap(([path, methods]) =>
      Object.values(methods)
        .filter(({ security }) => security?.length === 0)
        .map(() => path),
    );

    expect(open.toSorted()).toEqual(['/api/health', '/api/openapi.json', '/api/policy.schema.json']);
  });

  test('shows the fields of the method in the body of a create request', () => {
    const body = paths['/api/projects/{project}/credentials']?.['post']?.requestBody?.content['application/json']?.schema;

    const generic = expect.objectContaining({
      title: 'generic/password',
      properties: expect.objectContaining({
        url: expect.objectContaining({ binding: true }),
        password: expect.objectContaining({ writeOnly: true }),
      }),
    });
    expect(body?.['oneOf']).toContainEqual(generic);
  });

  test('has no two routes of one method that take the same address', () => {
    const clashes = Object.keys(paths).flatMap((one) =>
      Object.keys(paths)
        .filter((other) => one < other && areOverlapping(one, other))
        .filter((other) => Object.keys(paths[one] ?? {}).some((method) => method in (paths[other] ?? {})))
        .map((other) => [one, other]),
    );

    expect(areOverlapping('/a/{x}', '/a/b')).toBe(true);
    expect(clashes).toEqual([]);
  });
});

const isFree = (part: string | undefined) => part?.startsWith('{') === true;

/** Whether an address exists that both templates take. */
function areOverlapping(one: string, other: string): boolean {
  const [left, right] = [one.toLowerCase().split('/'), other.toLowerCase().split('/')];
  return left.length === right.length && left.every((part, at) => part === right[at] || isFree(part) || isFree(right[at]));
}
