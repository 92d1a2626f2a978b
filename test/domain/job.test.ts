import { expect, test } from 'vitest';
import { REGCRED } from '../../shared/domain/caller.ts';
import { withoutUndefined } from '../../shared/domain/credential.ts';
import { forgetJobs, jobsSince, newJob } from '../../shared/domain/job.ts';
import { jobRow, projectPartition } from '../../shared/domain/rows.ts';
import { after, HOUR, MINUTE } from '../../shared/lib/clock.ts';
import { openApp } from './open-app.ts';

test('jobs are found by when they began, however many there are', { timeout: 30_000 }, async () => {
  await using opened = await openApp();
  const { app, pass } = opened;
  const begin = async (amount: number) => {
    const jobs = Array.from({ length: amount }, () =>
      newJob(app, { kind: 'import', project: 'default', by: REGCRED, life: HOUR, data: {} }),
    );
    await app.records.write(
      projectPartition('default'),
      jobs.map((job) => ({ kind: 'insert', row: jobRow(job.id), fields: withoutUndefined(job) })),
    );
    return jobs.map(({ id }) => id);
  };
  await begin(3);
  pass(HOUR);
  const begun = app.clock.now();
  const ids: string[] = [];
  for (let batch = 0; batch < 11; batch += 1) ids.push(...(await begin(100)));
  pass(MINUTE);

  expect((await jobsSince(app, 'default', begun)).map(({ id }) => id)).toEqual(ids.toSorted());

  await forgetJobs(app, 'default', begun);
  expect(await jobsSince(app, 'default', after(begun, -2 * HOUR))).toHaveLength(ids.length);
});
