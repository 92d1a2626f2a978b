import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import type { Service } from '../service.ts';

let service: Service;
beforeAll(async () => {
  service = await startDocumentedService();
});
afterAll(() => service[Symbol.asyncDispose]());

describe('GET /api/health', () => {
  test('says to anybody that it is ready, and no more', async () => {
    const reply = await service.get('/api/health', { as: null });

    expect(reply).toMatchObject({ status: 200 });
    expect(reply.json).toEqual({ status: 'ready' });
  });

  test('names its parts to an admin alone', async () => {
    const reply = await service.get('/api/health');

    expect(reply.json.parts.map(({ part, status }: { part: string; status: string }) => [part, status])).toEqual([
      ['records', 'ready'],
      ['queue', 'ready'],
      ['secrets/local', 'ready'],
    ]);
    expect((await service.get('/api/health', { as: { role: 'operator' } })).json).toEqual({ status: 'ready' });
  });

  test('refuses a token that is not good', async () => {
    expect(await service.get('/api/health', { as: 'a.b.c' })).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED' } });
  });
});
