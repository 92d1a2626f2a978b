import { expect, test } from 'vitest';
import { listActivity } from '../../shared/domain/activity.ts';
import { ADMIN, createIn, openApp } from './open-app.ts';
import { handOut } from '../../shared/domain/hand-out.ts';
import { HandOutRequest } from '../../shared/domain/login-format.ts';
import { activityPartition, dayOf, inverseTime } from '../../shared/domain/rows.ts';
import { after, MINUTE } from '../../shared/lib/clock.ts';

/** More than one request reads. */
const OTHERS = 12_000;

test('the activity of a quiet credential is whole, and each page a bounded piece of work, in a project where much happens', async () => {
  let reads = 0;
  await using open = await openApp(({ records }) => ({
    records: {
      ...records,
      range: async (...query) => {
        const rows = await records.range(...query);
        reads += rows.length;
        return rows;
      },
    },
  }));
  const { app } = open;
  const { credential } = await createIn(app);
  await open.workOff();
  await handOut(app, { project: 'default', id: credential.id, caller: ADMIN }, HandOutRequest.parse({}));
  const now = app.clock.now();
  const partition = activityPartition('default', dayOf(now));
  for (let first = 0; first < OTHERS; first += 100) {
    const other = `cred-${'0'.repeat(26)}`;
    const rows = Array.from({ length: 100 }, (_, at) => ({
      kind: 'insert' as const,
      row: `${inverseTime(after(now, first < OTHERS / 2 ? 1 : -1))}:${other}:${String(first + at).padStart(26, '0')}`,
      fields: { credentialId: other },
    }));
    await app.records.write(partition, rows);
  }
  open.pass(MINUTE);

  const types: string[] = [];
  const work: number[] = [];
  for (let pageToken: string | undefined, isFirst = true; isFirst || pageToken; isFirst = false) {
    reads = 0;
    const page = await listActivity(app, credential, { limit: 1, ...(pageToken && { pageToken }) });
    work.push(reads);
    types.push(...page.value.map(({ type }) => type.replace('regcred.credential.', '')));
    pageToken = page.nextPageToken;
  }

  expect(types.toSorted()).toEqual(['created', 'handed-out']);
  expect(Math.max(...work)).toBeLessThan(OTHERS / 2);
});
