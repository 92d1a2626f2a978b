import { describe, expect, test } from 'vitest';
import { listActivity } from '../../shared/domain/activity.ts';
import { createCredential } from '../../shared/domain/create-credential.ts';
import { findCredential } from '../../shared/domain/read-credential.ts';
import { tick } from '../../shared/domain/schedule.ts';
import { updateCredential } from '../../shared/domain/update-credential.ts';
import { after, DAY } from '../../shared/lib/clock.ts';
import { callerWith, openApp, type OpenApp } from './open-app.ts';

const admin = callerWith('admin');

async function create({ app }: OpenApp, more: Record<string, unknown>) {
  const body = { name: 'CI', url: 'registry.example.com', username: 'ci', password: 'right-password', ...more };
  const { credential } = await createCredential(app, { project: 'default', caller: admin, check: 'skip' }, body);
  return { project: 'default', id: credential.id, caller: admin };
}

/** Days left, as the reminders of the credential's activity say, the oldest first. */
async function reminders({ app }: OpenApp, address: Awaited<ReturnType<typeof create>>): Promise<unknown[]> {
  const { credential } = await findCredential(app, address);
  const { value } = await listActivity(app, credential, { limit: 200 });
  return value
    .filter(({ type }) => type === 'regcred.credential.expiring')
    .map(({ data }) => data['days'])
    .toReversed();
}

async function pass(open: OpenApp, days: number): Promise<void> {
  for (let day = 0; day < days; day += 1) {
    open.pass(DAY);
    await tick(open.app);
    await open.workOff();
  }
}

const inDays = ({ app }: OpenApp, days: number) => after(app.clock.now(), days * DAY).toISOString();

describe('reminders', () => {
  test('come 30, 14, 7 and 1 day before the end', async () => {
    await using open = await openApp();
    const address = await create(open, { expiresAt: inDays(open, 40) });

    await pass(open, 42);

    expect(await reminders(open, address)).toEqual([30, 14, 7, 1]);
  });

  test('stand in the activity like all else, on whichever page', async () => {
    await using open = await openApp();
    const address = await create(open, { expiresAt: inDays(open, 31) });
    await pass(open, 32);
    const { credential } = await findCredential(open.app, address);

    const types: string[] = [];
    for (let pageToken: string | undefined, isFirst = true; isFirst || pageToken; isFirst = false) {
      const page = await listActivity(open.app, credential, { limit: 1, ...(pageToken && { pageToken }) });
      types.push(...page.value.map(({ type }) => type.replace('regcred.credential.', '')));
      pageToken = page.nextPageToken;
    }

    expect(types.filter((type) => type === 'expiring')).toHaveLength(4);
    expect(types.at(-1)).toBe('created');
  });

  test('come by the age that the owner allows', async () => {
    await using open = await openApp();
    const address = await create(open, { rotationPolicy: { everyDays: 20 } });

    await pass(open, 22);

    expect(await reminders(open, address)).toEqual([14, 7, 1]);
  });

  test('follow the end when it moves', async () => {
    await using open = await openApp();
    const address = await create(open, { expiresAt: inDays(open, 35) });

    await pass(open, 10);
    const { credential } = await findCredential(open.app, address);
    const patch = { expiresAt: inDays(open, 100) };
    await updateCredential(open.app, { ...address, ifMatch: `"${credential.revision}"`, check: 'skip' }, patch);
    await pass(open, 40);

    expect(await reminders(open, address)).toEqual([30]);
  });

  test('do not come for a credential without an end', async () => {
    await using open = await openApp();
    const address = await create(open, {});

    await pass(open, 40);

    expect(await reminders(open, address)).toEqual([]);
  });
});
