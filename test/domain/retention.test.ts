import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listActivity } from '../../shared/domain/activity.ts';
import type { App } from '../../shared/domain/app.ts';
import { clearPartition } from '../../shared/domain/clear-rows.ts';
import { createCredential } from '../../shared/domain/create-credential.ts';
import { deleteCredential, restoreCredential } from '../../shared/domain/delete-credential.ts';
import { handOut } from '../../shared/domain/hand-out.ts';
import { listCredentials, ListQuery } from '../../shared/domain/list-credentials.ts';
import { findCredential } from '../../shared/domain/read-credential.ts';
import { dayOf, projectPartition } from '../../shared/domain/rows.ts';
import { tick } from '../../shared/domain/schedule.ts';
import { sweep } from '../../shared/domain/sweep.ts';
import { updateCredential } from '../../shared/domain/update-credential.ts';
import { buryMessage } from '../../shared/domain/work.ts';
import { DAY, HOUR, MINUTE } from '../../shared/lib/clock.ts';
import { ADMIN, callerWith, createIn, openApp, type OpenApp } from './open-app.ts';

let opened: OpenApp;
beforeEach(async () => {
  opened = await openApp();
});
afterEach(() => opened[Symbol.asyncDispose]());

const rememberedKey = (name: string, expiresAt: string) => ({
  kind: 'put' as const,
  row: `idempotency:${name}`,
  fields: { expiresAt },
});
const at = (id: string) => ({ project: 'default', id, caller: ADMIN, ifMatch: undefined });
const secretNames = async () => {
  const names: string[] = [];
  for await (const { name } of (await opened.app.secretStore('local')).list()) names.push(name);
  return names;
};

describe('a deleted credential', () => {
  test('can be restored until the retention ends, and is gone for good after it', async () => {
    const { app, pass, workOff } = opened;
    const { credential } = await createIn(app);
    await deleteCredential(app, at(credential.id));
    await workOff();

    pass(89 * DAY);
    await tick(app);
    await workOff();
    expect((await findCredential(app, at(credential.id))).credential.deletedAt).toBeDefined();

    pass(2 * DAY);
    await tick(app);
    await workOff();
    await expect(findCredential(app, at(credential.id))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const secret = credential.active.secret;
    await expect((await app.secretStore('local')).restore(secret?.name ?? '')).rejects.toMatchObject({ code: 'SECRET_MISSING' });
  });

  test('that was restored is not purged when its first end comes', async () => {
    const { app, pass, workOff } = opened;
    const { credential } = await createIn(app);
    await deleteCredential(app, at(credential.id));
    await restoreCredential(app, at(credential.id));

    pass(100 * DAY);
    await tick(app);
    await workOff();

    expect((await findCredential(app, at(credential.id))).credential).not.toHaveProperty('deletedAt');
    expect((await handOut(app, at(credential.id), { format: 'login', fresh: false })).value).toMatchObject({
      password: 'right-password',
    });
  });

  test('whose end nobody noted is found by the sweep', async () => {
    const { app, pass, workOff } = opened;
    const { credential } = await createIn(app);
    await deleteCredential(app, at(credential.id));
    const due = await app.records.range('due', { limit: 100 });
    await app.records.write(
      'due',
      due.map(({ row }) => ({ kind: 'delete', row })),
    );

    pass(91 * DAY);
    await sweep(app);
    await workOff();

    await expect(findCredential(app, at(credential.id))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the sweep', () => {
  test('delivers an event whose message was lost', async () => {
    await opened[Symbol.asyncDispose]();
    let isDown = true;
    opened = await openApp(({ queue }) => ({
      queue: {
        ...queue,
        send: (...message) => (isDown ? Promise.reject(new Error('The queue is down')) : queue.send(...message)),
      },
    }));
    const { app, pass, workOff } = opened;
    const { credential } = await createIn(app);
    isDown = false;

    pass(2 * MINUTE);
    await sweep(app);
    await workOff();

    const { value } = await listActivity(app, credential, { limit: 10 });
    expect(value).toMatchObject([{ type: 'regcred.credential.created', by: { subject: 'robot' } }]);
    const rows = await app.records.range(projectPartition('default'), { from: 'event:', to: 'event:~', limit: 10 });
    expect(rows).toEqual([]);
  });

  test('goes past a record that this version cannot read', async () => {
    const { app } = opened;
    const partition = projectPartition('default');
    await app.records.write(partition, [
      { kind: 'put', row: 'credential:cred-00000000000000000000000000', fields: { schemaVersion: 2 } },
    ]);
    const { credential } = await createIn(app);
    await deleteCredential(app, at(credential.id));
    await clearPartition(app, 'due');
    opened.pass(91 * DAY);

    await sweep(app);
    await opened.workOff();

    expect(await app.records.get(partition, `credential:${credential.id}`)).toBeUndefined();
  });

  test('forgets Idempotency-Keys however many are still remembered', async () => {
    const { app } = opened;
    const partition = projectPartition('default');
    for (let at = 0; at < 11; at += 1)
      await app.records.write(
        partition,
        Array.from({ length: 100 }, (_, one) => rememberedKey(`${at}-${one}`, '2999-01-01T00:00:00.000Z')),
      );
    await app.records.write(partition, [rememberedKey('z', '2001-01-01T00:00:00.000Z')]);

    await sweep(app);
    await opened.workOff();

    expect(await app.records.get(partition, 'idempotency:z')).toBeUndefined();
    expect(await app.records.get(partition, 'idempotency:0-0')).toBeDefined();
  });

  test('ends hand-outs and activity that have passed their retention, and keeps the rest', async () => {
    const { app, pass, workOff } = opened;
    const { credential } = await createIn(app);
    await workOff();
    await handOut(app, at(credential.id), { format: 'login', fresh: false });

    pass(93 * DAY);
    await handOut(app, at(credential.id), { format: 'login', fresh: false });
    await sweep(app);
    await workOff();

    const all = await listActivity({ ...app, settings: { ...app.settings, retentionDays: 1000 } }, credential, { limit: 10 });
    expect(all.value.map(({ type }) => type)).toEqual(['regcred.credential.handed-out']);
  });
});

describe('an Idempotency-Key', () => {
  test('is remembered for 24 hours, also through a sweep, and then forgotten', async () => {
    const { app, pass, workOff } = opened;
    const first = await createIn(app, {}, 'key-1');

    pass(23 * HOUR);
    await sweep(app);
    await workOff();
    expect((await createIn(app, {}, 'key-1')).credential.id).toBe(first.credential.id);

    pass(2 * HOUR);
    const second = await createIn(app, { name: 'Another' }, 'key-1');
    expect(second.credential.id).not.toBe(first.credential.id);
  });

  test('does not show what was moved to where the caller has no rights', async () => {
    const { app } = opened;
    const caller = callerWith('admin', { environments: ['dev'] });
    const body = { name: 'CI', url: 'registry.example.com', username: 'ci', password: 'right-password', environments: ['dev'] };
    const options = { project: 'default', caller, check: 'skip', idempotencyKey: 'key' } as const;
    const { credential } = await createCredential(app, options, body);
    await updateCredential(app, { ...at(credential.id), ifMatch: '*', check: 'skip' }, { environments: ['prod'] });

    await expect(createCredential(app, options, body)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
      message: expect.stringContaining('may see'),
    });
  });

  test('is known also after its secret was removed by hand and given again', async () => {
    const { app } = opened;
    const { credential } = await createIn(app, {}, 'key');
    const { store = 'local', name = '' } = credential.active.secret ?? {};
    await (await app.secretStore(store)).remove(name);
    app.materials.clear();
    await updateCredential(app, { ...at(credential.id), ifMatch: '*', check: 'skip' }, { password: 'another-password' });

    expect((await createIn(app, {}, 'key')).credential.id).toBe(credential.id);
  });

  test('is not taken for that of another request where the first secret is lost', async () => {
    const { app } = opened;
    const { credential } = await createIn(app, {}, 'key');
    await rm(join(app.settings.dataFolder, 'secrets', 'active', credential.active.secret?.name ?? ''), { recursive: true });
    app.materials.clear();
    await updateCredential(app, { ...at(credential.id), ifMatch: '*', check: 'skip' }, { password: 'another-password' });

    await expect(createIn(app, {}, 'key')).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
      message: expect.stringContaining('another secret'),
    });
  });

  test('whose credential was deleted makes no second one', async () => {
    const { app } = opened;
    const { credential } = await createIn(app, {}, 'key-1');
    await deleteCredential(app, at(credential.id));

    await expect(createIn(app, {}, 'key-1')).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    expect(await secretNames()).toEqual([]);
  });
});

describe('unused', () => {
  test('is what was not handed out for so many days', async () => {
    const { app, pass } = opened;
    const used = await createIn(app, { name: 'Used' });
    pass(1000);
    await createIn(app, { name: 'Unused' });
    pass(20 * DAY);
    await handOut(app, at(used.credential.id), { format: 'login', fresh: false });
    pass(15 * DAY);

    const unusedFor = async (days: number) => {
      const page = await listCredentials(app, { project: 'default', caller: ADMIN }, ListQuery.parse({ unused: String(days) }));
      return page.value.map(({ credential }) => credential.name);
    };

    expect(await unusedFor(10)).toEqual(['Used', 'Unused']);
    expect(await unusedFor(30)).toEqual(['Unused']);
    expect(await unusedFor(40)).toEqual([]);
  });
});

describe('a message that failed too often', () => {
  test('marks its credential once, so that somebody looks at it, and what was due stays due', async () => {
    const { app } = opened;
    const { credential } = await createIn(app);
    await deleteCredential(app, at(credential.id));
    const due = await app.records.range('due', { limit: 10 });
    const purge = due.find(({ fields }) => fields['kind'] === 'purge');
    const message = { v: 1, kind: 'due', row: purge?.row ?? '' };

    await buryMessage(app, message);
    await buryMessage(app, message);

    const status = await app.records.get(projectPartition('default'), `status:${credential.id}`);
    expect(status?.fields['warnings']).toMatchObject([{ code: 'WORK_FAILED' }]);
    expect(await app.records.range('due', { limit: 10 })).toEqual(due);
  });

  test('of a daily check does not come again before its next day', async () => {
    const { app } = opened;
    await createIn(app);
    const [check] = await app.records.range('due', { limit: 10 });

    await buryMessage(app, { v: 1, kind: 'due', row: check?.row ?? '' });

    expect(check?.fields['kind']).toBe('check');
    expect(await app.records.range('due', { limit: 10 })).toEqual([]);
  });

  test.for([null, 'text', {}, { v: 1, kind: 'due', row: 'nothing' }, { v: 2, kind: 'event' }])(
    'does no harm where it is %o',
    async (message) => {
      await expect(buryMessage(opened.app, message)).resolves.toBeUndefined();
    },
  );
});

/** The same service under a policy that declares another project in its place. */
const without = ({ app }: OpenApp): App => {
  const { policy } = app.settings;
  const projects = policy.projects.map((project) => ({ ...project, name: 'another' }));
  return { ...app, settings: { ...app.settings, policy: { ...policy, projects } } };
};

describe('a project that the policy dropped', () => {
  test('loses nothing but what has passed its retention', async () => {
    const { app, pass, workOff } = opened;
    const { credential } = await createIn(app, {}, 'key');
    await handOut(app, at(credential.id), { format: 'login', fresh: false });
    await sweep(app);
    await workOff();
    const left = async (partition: string) => (await app.records.range(partition, { limit: 100 })).map(({ row }) => row);
    const day = dayOf(app.clock.now());
    const old = [`activity:default:${day}`, `handouts:${credential.id}:${day}`];
    const before = await left('project:default');
    expect(await Promise.all(old.map(left))).toEqual([[expect.any(String)], [expect.any(String)]]);
    expect(before.filter((row) => row.startsWith('idempotency:'))).toHaveLength(1);

    pass(92 * DAY);
    const due = await left('due');
    await sweep(without(opened));
    await workOff(without(opened));

    expect(await Promise.all(old.map(left))).toEqual([[], []]);
    expect(await left('project:default')).toEqual(before.filter((row) => !row.startsWith('idempotency:')));
    expect(await left('due')).toEqual(due);
    expect((await handOut(app, at(credential.id), { format: 'login', fresh: false })).value).toMatchObject({
      password: 'right-password',
    });
  });
});
