import { expect, test } from 'vitest';
import { changeStatus } from '../../shared/domain/change-status.ts';
import { findStatus } from '../../shared/domain/read-credential.ts';
import { createIn, openApp } from './open-app.ts';

test('a status that others write all the time is told as such, and stays theirs', async () => {
  let isContended = false;
  // Another writer, who is always faster.
  await using open = await openApp(({ records }) => ({
    records: {
      ...records,
      write: async (partition, operations) => {
        const wanted = operations.find(({ row, kind }) => row.startsWith('status:') && kind === 'replace');
        const found = wanted && isContended ? await records.get(partition, wanted.row) : undefined;
        if (found) await records.write(partition, [{ kind: 'put', row: found.row, fields: found.fields }]);
        return records.write(partition, operations);
      },
    },
  }));
  const stored = await createIn(open.app);
  const before = await findStatus(open.app, stored);
  isContended = true;

  const change = changeStatus(open.app, stored.credential, (status) => ({ status: { ...status, standing: 'rejected' } }));

  await expect(change).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', details: { retryAfterSeconds: 1 } });
  expect(await findStatus(open.app, stored)).toEqual(before);
});
