import { describe, expect, test } from 'vitest';
import { listActivity } from '../../shared/domain/activity.ts';
import { REGCRED } from '../../shared/domain/caller.ts';
import { checkAndLearn, checkCredential } from '../../shared/domain/check-credential.ts';
import { createCredential } from '../../shared/domain/create-credential.ts';
import { openMaterial } from '../../shared/domain/material.ts';
import { findCredential, findStatus } from '../../shared/domain/read-credential.ts';
import { tick } from '../../shared/domain/schedule.ts';
import { sweep } from '../../shared/domain/sweep.ts';
import { updateCredential } from '../../shared/domain/update-credential.ts';
import { DAY, HOUR, MINUTE } from '../../shared/lib/clock.ts';
import { startRegistry, type Registry } from '../peers/registry.ts';
import { callerWith, openApp, type OpenApp } from './open-app.ts';

const admin = callerWith('admin');

async function startStory(open: OpenApp, registry: Registry, fields: object = {}) {
  const body = { name: 'CI', url: registry.url, username: 'ci', password: 'right-password', ...fields };
  const { credential } = await createCredential(open.app, { project: 'default', caller: admin, check: 'live' }, body);
  const address = { project: 'default', id: credential.id, caller: admin };
  return {
    address,
    status: async () => findStatus(open.app, await findCredential(open.app, address)),
    /** The next check is at least half a day away, and at most one and a half. */
    async nextDay() {
      for (let half = 0; half < 3; half += 1) {
        open.pass(DAY / 2);
        await tick(open.app);
        await open.workOff();
      }
    },
  };
}

const logins = ({ requests }: Registry) => requests.filter(({ authorization }) => authorization !== undefined).length;

const codes = ({ warnings }: { warnings: { code: string }[] }) => warnings.map(({ code }) => code);

const statusRows = ({ app }: OpenApp) => app.records.range('project:default', { from: 'status:', to: 'status:~', limit: 100 });

describe('the daily check', () => {
  test('finds out that a password was changed, and tells it', async () => {
    await using registry = await startRegistry({ users: { ci: 'right-password' } });
    await using open = await openApp();
    const story = await startStory(open, registry);
    registry.users['ci'] = 'another-password';

    await story.nextDay();

    expect(await story.status()).toMatchObject({ standing: 'rejected', lastCheck: { verdict: 'invalid_credentials' } });
  });

  test('goes on from day to day', async () => {
    await using registry = await startRegistry({ users: { ci: 'right-password' } });
    await using open = await openApp();
    const story = await startStory(open, registry);
    const before = logins(registry);

    for (let day = 0; day < 5; day += 1) await story.nextDay();

    expect(logins(registry) - before).toBeGreaterThanOrEqual(4);
  });

  test('leaves the standing as it was while the registry is down', async () => {
    await using open = await openApp();
    let story;
    {
      await using registry = await startRegistry({ users: { ci: 'right-password' } });
      story = await startStory(open, registry);
    }

    await story.nextDay();

    expect(await story.status()).toMatchObject({ standing: 'accepted', lastCheck: { verdict: 'unreachable' } });
  });

  test('stops after three refusals, because accounts get locked, until a login is accepted again', async () => {
    await using registry = await startRegistry({ users: { ci: 'right-password' } });
    await using open = await openApp();
    const story = await startStory(open, registry);
    registry.users['ci'] = 'another-password';

    const before = logins(registry);
    for (let day = 0; day < 6; day += 1) await story.nextDay();
    const refused = logins(registry) - before;
    const { credential } = await findCredential(open.app, story.address);
    const options = { ...story.address, ifMatch: `"${credential.revision}"`, check: 'live' as const };
    await updateCredential(open.app, options, { password: 'another-password' });
    const renewed = logins(registry);
    await story.nextDay();
    await story.nextDay();

    expect(refused).toBe(3);
    expect(logins(registry)).toBeGreaterThan(renewed);
    expect(await story.status()).toMatchObject({ standing: 'accepted' });
  });

  test('that has stopped says so, on every credential of that user, tells it once, and writes nothing after that', async () => {
    await using registry = await startRegistry({ users: { ci: 'right-password' } });
    await using open = await openApp();
    const story = await startStory(open, registry);
    const second = await startStory(open, registry, { name: 'The same user' });
    registry.users['ci'] = 'another-password';

    for (let day = 0; day < 3; day += 1) await story.nextDay();
    const stopped = [await story.status(), await second.status()];
    const rows = await statusRows(open);
    const before = logins(registry);
    for (let day = 0; day < 3; day += 1) await story.nextDay();

    const warning = {
      code: 'CHECKS_STOPPED',
      detail: expect.stringMatching(/3 times .* since \d{4}-\d\d-\d\dT/),
      hint: expect.stringContaining('PATCH'),
    };
    for (const status of stopped)
      expect(status).toMatchObject({ standing: 'rejected', warnings: expect.arrayContaining([warning]) });
    expect(logins(registry)).toBe(before);
    expect(await statusRows(open)).toEqual(rows);
    const told = await listActivity(open.app, (await findCredential(open.app, story.address)).credential, { limit: 100 });
    expect(told.value.filter(({ data }) => data['code'] === 'CHECKS_STOPPED')).toHaveLength(1);
  });

  test('that has stopped is no longer warned of once a login is accepted', async () => {
    await using registry = await startRegistry({ users: { ci: 'right-password' } });
    await using open = await openApp();
    const story = await startStory(open, registry);
    registry.users['ci'] = 'another-password';
    for (let day = 0; day < 4; day += 1) await story.nextDay();

    const refused = await checkCredential(open.app, story.address, { repositories: [] });
    registry.users['ci'] = 'right-password';
    const accepted = await checkCredential(open.app, story.address, { repositories: [] });

    expect(refused.verdict).toBe('invalid_credentials');
    expect(codes(refused)).toContain('CHECKS_STOPPED');
    expect(accepted.verdict).toBe('valid');
    expect(codes(accepted)).not.toContain('CHECKS_STOPPED');
    expect(codes(await story.status())).not.toContain('CHECKS_STOPPED');
  });

  test('a check that somebody asked for opens the way again', async () => {
    await using registry = await startRegistry({ users: { ci: 'right-password' } });
    await using open = await openApp();
    const story = await startStory(open, registry);
    registry.users['ci'] = 'another-password';
    for (let day = 0; day < 4; day += 1) await story.nextDay();
    registry.users['ci'] = 'right-password';

    await checkCredential(open.app, story.address, { repositories: [] });
    const before = logins(registry);
    await story.nextDay();
    await story.nextDay();

    expect(logins(registry)).toBeGreaterThan(before);
  });

  test('that ends after the secret was replaced says nothing about the new one', async () => {
    await using registry = await startRegistry({ users: { ci: 'right-password' } });
    await using open = await openApp();
    const story = await startStory(open, registry);
    const { credential, project } = await findCredential(open.app, story.address);
    // A check that is under way has the old secret in its hands.
    await openMaterial(open.app, credential);
    registry.users['ci'] = 'another-password';
    open.pass(MINUTE);
    const options = { ...story.address, ifMatch: '*', check: 'live' as const };
    await updateCredential(open.app, options, { password: 'another-password' });
    const before = await story.status();

    const late = await checkAndLearn(open.app, { project, credential, by: REGCRED });

    expect(late).toMatchObject({ verdict: 'invalid_credentials', standing: 'accepted' });
    expect(await story.status()).toEqual(before);
  });

  test('that finds its secret replaced comes again, and raises no alarm', async () => {
    await using registry = await startRegistry({ users: { ci: 'right-password' } });
    await using open = await openApp();
    const story = await startStory(open, registry);
    const { credential, project } = await findCredential(open.app, story.address);
    open.pass(MINUTE);
    await updateCredential(open.app, { ...story.address, ifMatch: '*', check: 'skip' }, { password: 'another-password' });
    open.app.materials.clear();
    const before = await story.status();

    const late = checkAndLearn(open.app, { project, credential, by: REGCRED });

    await expect(late).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', details: { retryAfterSeconds: 1 } });
    expect(await story.status()).toEqual(before);
  });

  test('is planned again by the sweep if its row was lost', async () => {
    await using registry = await startRegistry({ users: { ci: 'right-password' } });
    await using open = await openApp();
    const story = await startStory(open, registry);
    const rows = await open.app.records.range('due', { limit: 1000 });
    await open.app.records.write(
      'due',
      rows.map(({ row }) => ({ kind: 'delete', row })),
    );
    registry.users['ci'] = 'another-password';

    await story.nextDay();
    const lost = await story.status();
    open.pass(4 * HOUR);
    await sweep(open.app);
    await open.workOff();
    await story.nextDay();

    expect(lost.standing).toBe('accepted');
    expect((await story.status()).standing).toBe('rejected');
  });

  test('asks nothing of a credential that is switched off', async () => {
    await using registry = await startRegistry({ users: { ci: 'right-password' } });
    await using open = await openApp();
    const story = await startStory(open, registry);
    await updateCredential(open.app, { ...story.address, ifMatch: '"1"', check: 'live' }, { enabled: false });
    const before = logins(registry);

    await story.nextDay();

    expect(logins(registry)).toBe(before);
  });
});
