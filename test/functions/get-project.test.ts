import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../documented-service.ts';
import type { Service } from '../service.ts';

const UPSTREAMS = ['arn:aws:iam::123456789012:role/team'];
const ROLE = 'arn:aws:iam::210987654321:role/regcred';

let service: Service;
beforeAll(async () => {
  service = await startDocumentedService({
    environment: { REGCRED_AWS_ROLE_ARN: ROLE },
    policy: {
      projects: [
        { name: 'default', environments: ['dev', 'prod'], upstreams: UPSTREAMS },
        { name: 'other', environments: ['dev'] },
      ],
    },
  });
});
afterAll(() => service[Symbol.asyncDispose]());

async function ask(project: string): Promise<string> {
  return (await service.get(`/api/projects/${project}`, { as: { project } })).json.aws.externalId;
}

describe('GET /api/projects/{project}', () => {
  test('shows what the policy declares, and how AWS knows the project', async () => {
    const { status, json } = await service.get('/api/projects/default', { as: { role: 'reader' } });

    expect({ status, json }).toEqual({
      status: 200,
      json: {
        name: 'default',
        environments: ['dev', 'prod'],
        secretStore: 'local',
        upstreams: UPSTREAMS,
        aws: { externalId: expect.stringMatching(/^regcred-[0-9a-f-]{36}$/), roleArn: ROLE },
      },
    });
  });

  test('gives each project an external id of its own, which stays the same, however many ask first', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => ask('other')));

    expect(new Set(ids).size).toBe(1);
    expect(await ask('other')).toBe(ids[0]);
    expect(await ask('default')).not.toBe(ids[0]);
  });

  test('does not show a project of others, nor one that is not there', async () => {
    const as = { project: 'other' };

    expect(await service.get('/api/projects/default', { as })).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
    expect(await service.get('/api/projects/nowhere', { as })).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
  });

  test('needs a token', async () => {
    expect(await service.get('/api/projects/default', { as: null })).toMatchObject({ status: 401 });
  });
});
