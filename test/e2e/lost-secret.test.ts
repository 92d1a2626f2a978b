import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { create, CREDENTIALS, passwordOf, patch } from '../crash/credentials.ts';
import { activityOf, leftToDo } from '../crash/outside.ts';
import { viewEmbedded } from '../crash/stages/embedded.ts';
import { eventually, startService, type Service } from '../service.ts';

async function removeSecret({ data }: Service, id: string): Promise<void> {
  await rename(join(data, 'secrets', 'active', id), join(data, 'secrets', 'removed', id));
}

async function destroySecret({ data }: Service, id: string): Promise<void> {
  await rm(join(data, 'secrets', 'active', id), { recursive: true });
}

describe('a secret that somebody takes away behind the service', () => {
  test.for([
    ['removed', removeSecret],
    ['destroyed', destroySecret],
  ] as const)('and that was %s is missed, told of once, and can be given again', async ([, takeAway]) => {
    await using service = await startService();
    const id = await create(service, { name: 'Lost', host: 'lost.example.com', password: 'old-password' });
    await takeAway(service, id);

    const refused = [await service.post(`${CREDENTIALS}/${id}/login`), await service.post(`${CREDENTIALS}/${id}/login`)];
    const known = await service.get(`${CREDENTIALS}/${id}`);
    const patched = await patch(service, id, { username: 'user-of-new-password', password: 'new-password' });

    expect(refused.map(({ json }) => json.code)).toEqual(['SECRET_MISSING', 'SECRET_MISSING']);
    expect(known.json).toMatchObject({
      status: { standing: 'rejected' },
      warnings: [{ code: 'SECRET_MISSING' }, { code: 'SHARED_BY_ENVIRONMENTS' }],
    });
    expect(patched).toMatchObject({
      status: 200,
      json: { warnings: [{ code: 'SHARED_BY_ENVIRONMENTS' }], status: { standing: 'unverified' } },
    });
    expect(await passwordOf(service, id)).toBe('new-password');
    const stores = viewEmbedded(service.data);
    await eventually(async () => (await leftToDo(stores, new Date())).length === 0);
    expect(await activityOf(stores, id)).toEqual(['created', 'needs-attention', 'updated']);
  });
});
