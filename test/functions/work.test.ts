import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSqliteQueue } from '../../shared/stores/queue/sqlite.ts';
import { startDocumentedService } from '../documented-service.ts';
import { eventually, type Service } from '../service.ts';

const CREDENTIALS = '/api/projects/default/credentials';

let service: Service;
beforeAll(async () => {
  service = await startDocumentedService();
});
afterAll(() => service[Symbol.asyncDispose]());

describe('the functions behind clock and queue', () => {
  test('tick and sweep run, and what happened comes to the activity by way of work', async () => {
    const login = { name: 'CI', url: 'registry.example.com', username: 'ci', password: 'right-password' };
    const { json } = await service.post(`${CREDENTIALS}?check=skip`, login);

    await service.trigger('tick');
    await service.trigger('sweep');

    const line = await eventually(async () => (await service.get(`${CREDENTIALS}/${json.id}/activity`)).json.value[0]);
    expect(line).toMatchObject({ type: 'regcred.credential.created', credentialId: json.id });
    expect(service.output()).not.toContain('right-password');
  });

  test('a message that failed too often is told in the log', async () => {
    await using first = await startDocumentedService();
    await first.stop();
    const queue = await openSqliteQueue(join(first.data, 'queue.db'));
    await queue.send('work-poison', { v: 1, kind: 'due', row: 'a-row-that-is-gone' });
    await queue.close();

    await using again = await startDocumentedService({ data: first.data });

    await eventually(async () => /work\.poison.*a-row-that-is-gone/.test(again.output()), 20_000);
    expect(await again.get('/api/health')).toMatchObject({ status: 200 });
  });
});
