import { expect, test } from 'vitest';
import { listCredentials, ListQuery } from '../../shared/domain/list-credentials.ts';
import { ADMIN, createIn, openApp } from './open-app.ts';

test('a default that others move all the time is told as such, and nothing is stored', async () => {
  // Another writer, who is always faster.
  await using open = await openApp(({ records }) => ({
    records: {
      ...records,
      write: async (partition, operations) => {
        const wanted = operations.find(({ row }) => row.startsWith('default:'));
        if (wanted) await records.write(partition, [{ kind: 'put', row: wanted.row, fields: { id: 'another' } }]);
        return records.write(partition, operations);
      },
    },
  }));

  const creation = createIn(open.app, { default: true });

  await expect(creation).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', details: { retryAfterSeconds: 1 } });
  const { value } = await listCredentials(open.app, { project: 'default', caller: ADMIN }, ListQuery.parse({}));
  expect(value).toEqual([]);
});
