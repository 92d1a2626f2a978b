import { describe, expect, test } from 'vitest';
import { handOut } from '../../shared/domain/hand-out.ts';
import { handOutPartition } from '../../shared/domain/rows.ts';
import { HOUR, MINUTE } from '../../shared/lib/clock.ts';
import { ADMIN, callerWith, createIn, openApp } from './open-app.ts';

const LOGIN = { format: 'login', fresh: false } as const;

describe('a hand-out', () => {
  test('that cannot be recorded does not happen', async () => {
    let isDown = false;
    await using opened = await openApp(({ records }) => ({
      records: {
        ...records,
        write: (partition, operations) =>
          isDown && partition.startsWith('handouts:')
            ? Promise.reject(new Error('The disk is full'))
            : records.write(partition, operations),
      },
    }));
    const { credential } = await createIn(opened.app);
    const address = { project: 'default', id: credential.id, caller: ADMIN };

    isDown = true;
    const refused = await handOut(opened.app, address, LOGIN).catch((error: unknown) => error);
    isDown = false;

    expect(refused).toMatchObject({ code: 'AUDIT_UNAVAILABLE', status: 503, details: { retryAfterSeconds: expect.any(Number) } });
    expect(String(refused)).not.toContain('right-password');
    expect((await handOut(opened.app, address, LOGIN)).value).toEqual({ username: 'ci', password: 'right-password' });
  });

  test('is recorded before the status is touched: one row for each', async () => {
    await using opened = await openApp();
    const { credential } = await createIn(opened.app);
    const address = { project: 'default', id: credential.id, caller: ADMIN };

    await Promise.all(Array.from({ length: 10 }, () => handOut(opened.app, address, LOGIN)));

    const day = opened.app.clock.now().toISOString().slice(0, 10).replaceAll('-', '');
    expect(await opened.app.records.range(handOutPartition(credential.id, day), { limit: 100 })).toHaveLength(10);
  });

  test('beyond the cap of its rule waits for the next hour', async () => {
    await using opened = await openApp();
    const { app, pass } = opened;
    const { credential } = await createIn(app);
    const capped = { project: 'default', id: credential.id, caller: callerWith('consumer', { handOutsPerHour: 2 }) };
    const ask = () => handOut(app, capped, LOGIN).catch((error: unknown) => error);
    // The clock stands still at the beginning of an hour.
    pass(HOUR - (app.clock.now().getTime() % HOUR));

    await ask();
    await ask();
    pass(10 * MINUTE);
    const refused = await ask();
    pass(50 * MINUTE);

    expect(refused).toMatchObject({ code: 'HAND_OUT_LIMIT', details: { retryAfterSeconds: 3000 } });
    expect(await ask()).toHaveProperty('value');
  });

  test('uses every rule that grants it before it is refused', async () => {
    await using opened = await openApp();
    const { credential } = await createIn(opened.app);
    const [one] = callerWith('consumer', { handOutsPerHour: 1 }).rules;
    const [two] = callerWith('consumer', { handOutsPerHour: 2 }).rules;
    const caller = { ...ADMIN, rules: [one, two].filter((rule) => rule !== undefined) };

    const results = [];
    for (let round = 0; round < 4; round += 1)
      results.push(
        await handOut(opened.app, { project: 'default', id: credential.id, caller }, LOGIN).then(
          () => 'given',
          (error: { code: string }) => error.code,
        ),
      );

    expect(results).toEqual(['given', 'given', 'given', 'HAND_OUT_LIMIT']);
  });

  test('of a login that was refused when it was last checked comes with a warning', async () => {
    await using opened = await openApp();
    const { app } = opened;
    const { credential } = await createIn(app);
    const row = await app.records.get('project:default', `status:${credential.id}`);
    await app.records.write('project:default', [
      { kind: 'put', row: row?.row ?? '', fields: { ...row?.fields, standing: 'rejected' } },
    ]);

    const { warnings } = await handOut(app, { project: 'default', id: credential.id, caller: ADMIN }, LOGIN);

    expect(warnings).toMatchObject([{ code: 'BAD_STANDING' }]);
  });

  test('is refused where the record was turned to another registry behind our back', async () => {
    await using opened = await openApp();
    const { app } = opened;
    const { credential } = await createIn(app);
    const row = await app.records.get('project:default', `credential:${credential.id}`);
    const moved = { ...credential.active.settings, url: 'evil.example.com' };
    const fields = {
      ...row?.fields,
      registry: { host: 'evil.example.com' },
      active: { ...(row?.fields['active'] as object), settings: moved },
    };
    await app.records.write('project:default', [{ kind: 'put', row: row?.row ?? '', fields }]);

    await expect(handOut(app, { project: 'default', id: credential.id, caller: ADMIN }, LOGIN)).rejects.toMatchObject({
      code: 'SECRET_UNUSABLE',
    });
  });
});
