import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deleteCredential } from '../../shared/domain/delete-credential.ts';
import { showDriftCheck, startDriftCheck, type DriftCheckView } from '../../shared/domain/drift-check.ts';
import { schedule, tick } from '../../shared/domain/schedule.ts';
import { startImport } from '../../shared/domain/start-import.ts';
import { after, DAY, HOUR, MINUTE } from '../../shared/lib/clock.ts';
import { AppError } from '../../shared/lib/errors.ts';
import { Secret } from '../../shared/lib/secret.ts';
import { ADMIN, createIn, openApp, type OpenApp } from './open-app.ts';

let opened: OpenApp;
let isVaultDown: boolean;
beforeEach(async () => {
  isVaultDown = false;
  opened = await openApp((ports) => ({
    secretStore: async (name) => {
      const hint = 'REGCRED_VAULT_URL: is needed';
      if (isVaultDown) throw new AppError('STORE_UNAVAILABLE', 'The vault is not known.', { hint });
      return ports.secretStore(name);
    },
  }));
});
afterEach(() => opened[Symbol.asyncDispose]());

const where = { project: 'default', caller: ADMIN };

async function begin(): Promise<DriftCheckView> {
  // What is younger than an hour is none of its business.
  opened.pass(2 * HOUR);
  return startDriftCheck(opened.app, where);
}

const show = ({ operation }: DriftCheckView) => showDriftCheck(opened.app, { ...where, id: operation });

async function driftCheck(): Promise<DriftCheckView> {
  const begun = await begin();
  await opened.workOff();
  const view = await show(begun);
  expect(view.status).toBe('ended');
  return view;
}

const local = () => opened.app.secretStore('local');

async function orphan(name: string, project = 'default'): Promise<void> {
  await (await local()).put(name, new Secret('{}'), { operationId: randomUUID(), tags: { project } });
}

/** All but what the drift check writes of itself. */
async function everything() {
  const secrets: string[] = [];
  for await (const { name, version } of (await local()).list()) secrets.push(`${name}/${version}`);
  const rows = await opened.app.records.range('project:default', { limit: 1000 });
  return { secrets, rows: rows.filter(({ row }) => !/^(?:job:|last-drift-check)/.test(row)) };
}

describe('a drift check', () => {
  test('finds nothing where records and store agree', async () => {
    await createIn(opened.app);
    const { credential } = await createIn(opened.app, { name: 'Deleted' });
    await deleteCredential(opened.app, { ...where, id: credential.id, ifMatch: undefined });
    await orphan('cred-elsewhere', 'other');

    expect((await driftCheck()).report).toEqual({ records: 1, versions: 1, counts: {}, findings: [], isCut: false });
  });

  test('tells what is missing and what is too much, and leaves it so', async () => {
    const { credential } = await createIn(opened.app);
    await orphan('cred-orphan');
    const { secret } = credential.active;
    const retired = await createIn(opened.app, { name: 'Retired' });
    await (await local()).remove(secret?.name ?? '');
    const other = retired.credential.active.secret;
    await (await local()).put(other?.name ?? '', new Secret('{}'), { operationId: randomUUID(), tags: { project: 'default' } });
    await (await local()).retire(other?.name ?? '', other?.version ?? '');
    await opened.workOff();
    const before = await everything();

    const { report } = await driftCheck();

    const explained = { detail: expect.stringMatching(/\S/), hint: expect.stringMatching(/\S/), store: 'local' };
    expect(report?.counts).toEqual({ SECRET_MISSING: 1, VERSION_MISSING: 1, ORPHAN_SECRET: 1, UNUSED_VERSION: 1 });
    expect(report?.findings).toHaveLength(4);
    expect(report?.findings).toEqual(
      expect.arrayContaining([
        { code: 'SECRET_MISSING', name: secret?.name, version: secret?.version, credentialId: credential.id, ...explained },
        {
          code: 'VERSION_MISSING',
          name: other?.name,
          version: other?.version,
          credentialId: retired.credential.id,
          ...explained,
        },
        {
          code: 'UNUSED_VERSION',
          name: other?.name,
          version: expect.any(String),
          credentialId: retired.credential.id,
          ...explained,
        },
        { code: 'ORPHAN_SECRET', name: 'cred-orphan', version: expect.any(String), ...explained },
      ]),
    );
    expect(await everything()).toEqual(before);
  });

  test('knows what a change left that will be tidied up, and what waits to be imported', async () => {
    await orphan('cred-left-behind');
    const cleanup = { kind: 'cleanup', project: 'default', id: 'cred-left-behind', operationId: randomUUID() } as const;
    const data = { store: 'local', name: 'cred-left-behind' };
    await schedule(opened.app, after(opened.app.clock.now(), 2 * HOUR + 10 * MINUTE), { ...cleanup, data });
    const credentials = [{ name: 'Imported', url: 'registry.example.com', username: 'ci', password: 'right-password' }];
    await startImport(opened.app, where, { check: 'skip' }, { schemaVersion: 1, credentials });
    await opened.app.queue.receive('work', { max: 32, visibilitySeconds: 1000 });

    expect((await driftCheck()).report).toMatchObject({ records: 0, versions: 2, findings: [] });
  });

  test('tells of a store that cannot be had', async () => {
    await createIn(opened.app);
    const begun = await begin();
    isVaultDown = true;
    await opened.workOff();

    expect((await show(begun)).report).toMatchObject({
      records: 1,
      versions: 0,
      counts: { STORE_UNAVAILABLE: 1 },
      findings: [{ code: 'STORE_UNAVAILABLE', store: 'local', hint: expect.stringContaining('REGCRED_VAULT_URL') }],
    });
  });

  test('shows a hundred findings, and counts the others', { timeout: 30_000 }, async () => {
    for (let number = 0; number < 103; number += 1) await orphan(`cred-orphan-${number}`);

    const { report } = await driftCheck();

    expect(report).toMatchObject({ counts: { ORPHAN_SECRET: 103 }, isCut: true });
    expect(report?.findings).toHaveLength(100);
  });

  test('is made once an hour, also of two that come together', async () => {
    const both = await Promise.allSettled([begin(), startDriftCheck(opened.app, where)]);

    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    opened.pass(59 * MINUTE);
    await expect(startDriftCheck(opened.app, where)).rejects.toMatchObject({
      code: 'CHECK_LIMIT',
      details: { retryAfterSeconds: 60 },
    });
    opened.pass(MINUTE);
    expect(await startDriftCheck(opened.app, where)).toMatchObject({ status: 'running' });
  });

  test('goes on when its message was lost, and is given up after an hour', async () => {
    const first = await begin();
    await opened.app.queue.receive('work', { max: 32, visibilitySeconds: 1000 });
    opened.pass(16 * MINUTE);
    await tick(opened.app);
    await opened.workOff();
    expect(await show(first)).toMatchObject({ status: 'ended', report: { findings: [] } });

    const second = await begin();
    await opened.app.queue.receive('work', { max: 32, visibilitySeconds: 1000 });
    opened.pass(DAY);
    await tick(opened.app);
    await opened.workOff();

    expect(await show(second)).toMatchObject({ status: 'ended', report: null });
  });
});
