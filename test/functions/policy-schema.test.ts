import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import { TEST_POLICY, type Service } from '../service.ts';

let service: Service;
beforeAll(async () => {
  service = await startDocumentedService();
});
afterAll(() => service[Symbol.asyncDispose]());

describe('GET /api/policy.schema.json', () => {
  test('is a schema that a good policy fits and a bad one does not', async () => {
    const reply = await service.get('/api/policy.schema.json', { as: null });

    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-type')).toContain('application/schema+json');
    const ajv = new Ajv.default({ strict: false });
    addFormats.default(ajv);
    const validate = ajv.compile(JSON.parse(reply.text));
    expect(validate(TEST_POLICY)).toBe(true);
    expect(validate({ ...TEST_POLICY, colour: 'red' })).toBe(false);
    expect(validate({ projects: [{ name: 'default' }] })).toBe(false);
  });
});
