import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deleteCredential } from '../../shared/domain/delete-credential.ts';
import { showImport, type ImportView } from '../../shared/domain/import-view.ts';
import { listCredentials, ListQuery } from '../../shared/domain/list-credentials.ts';
import type { Fields, Message } from '../../shared/domain/ports.ts';
import { jobRow, projectPartition } from '../../shared/domain/rows.ts';
import { tick } from '../../shared/domain/schedule.ts';
import { startImport } from '../../shared/domain/start-import.ts';
import { sweep } from '../../shared/domain/sweep.ts';
import { work } from '../../shared/domain/work.ts';
import { DAY, HOUR, MINUTE } from '../../shared/lib/clock.ts';
import { AppError } from '../../shared/lib/errors.ts';
import { oddities } from '../peers/oddities.ts';
import { startRegistry, type Oddity, type Registry } from '../peers/registry.ts';
import { ADMIN, openApp, type OpenApp } from './open-app.ts';

const PASSWORD = 'right-password';

let opened: OpenApp;
let registry: Registry;
/** What has come over the registry that is right at other times. */
let mood: Oddity | undefined;
/** What has come over the stores. */
let fault: ((port: string, call: string, given: unknown[]) => void) | undefined;
beforeEach(async () => {
  mood = undefined;
  fault = undefined;
  registry = await startRegistry({ users: { ci: PASSWORD }, odd: (...exchange) => mood?.(...exchange) ?? false });
  opened = await openApp((ports) => ({
    records: faulty('records', ports.records),
    secretStore: async (name) => faulty('secrets', await ports.secretStore(name)),
  }));
});
afterEach(async () => {
  await opened[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

function faulty<Port extends object>(name: string, port: Port): Port {
  return new Proxy(port, {
    get: (target, call) => {
      const member: unknown = Reflect.get(target, call);
      if (typeof member !== 'function' || typeof call !== 'string') return member;
      return (...given: unknown[]): unknown => {
        fault?.(name, call, given);
        return Reflect.apply(member, target, given);
      };
    },
  });
}

function down(): never {
  throw new AppError('STORE_UNAVAILABLE', 'The store does not answer.');
}

const where = { project: 'default', caller: ADMIN };

function begin(amount: number, check: 'live' | 'skip' = 'live'): Promise<ImportView> {
  const credentials = Array.from({ length: amount }, (_, number) => ({
    name: `CI ${number}`,
    url: registry.url,
    username: 'ci',
    password: PASSWORD,
  }));
  return startImport(opened.app, where, { check }, { schemaVersion: 1, credentials });
}

const report = ({ operation }: ImportView) => showImport(opened.app, { ...where, id: operation });

/** What the project's secret store has, by name. */
async function stored(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of (await opened.app.secretStore('local')).list()) names.push(name);
  return names.toSorted();
}

async function credentialIds(): Promise<string[]> {
  const { value } = await listCredentials(opened.app, where, ListQuery.parse({ limit: '200' }));
  return value.map(({ credential }) => credential.id).toSorted();
}

/** Takes the messages that are there, as a worker that is lost with them. */
async function take(): Promise<Message[]> {
  const messages = await opened.app.queue.receive('work', { max: 32, visibilitySeconds: 1000 });
  return messages.map(({ body }) => body).filter(({ kind }) => kind === 'job');
}

/** The clock comes round to whoever looks after jobs. */
async function later(milliseconds = 16 * MINUTE): Promise<void> {
  opened.pass(milliseconds);
  await tick(opened.app);
  await opened.workOff();
}

/** Of environments, as many and as long as there may be. */
function longNames(letter: string): string[] {
  return Array.from({ length: 20 }, (_, at) => letter.repeat(61) + String(at).padStart(2, '0'));
}

const logins = () => registry.requests.filter(({ authorization }) => authorization !== undefined).length;

describe('an import', () => {
  test('is made once, though its message comes three times', async () => {
    const begun = await begin(2);
    const [message] = await take();

    await Promise.all([work(opened.app, message), work(opened.app, message)]);
    const asked = logins();
    await work(opened.app, message);

    expect(await report(begun)).toMatchObject({ status: 'ended', counts: { created: 2, failed: 0 } });
    expect(logins()).toBe(asked);
    expect(await stored()).toEqual(await credentialIds());
  });

  test('goes on when its message was lost', async () => {
    const begun = await begin(2);
    expect(await take()).toHaveLength(1);

    await later();

    expect(await report(begun)).toMatchObject({ status: 'ended', counts: { created: 2 } });
    expect(await stored()).toEqual(await credentialIds());
  });

  test('is left alone by whoever looks after it while it is at work', async () => {
    const begun = await begin(12);
    await opened.workOff();
    expect(await report(begun)).toMatchObject({ status: 'running', counts: { created: 5, pending: 7 } });

    opened.pass(14 * MINUTE);
    await tick(opened.app);
    await opened.workOff();

    expect(await report(begun)).toMatchObject({ counts: { created: 5, pending: 7 } });
  });

  test('ends after a day with what it could not do, and keeps nothing of it', async () => {
    const begun = await begin(2);
    await take();

    await later(DAY + HOUR);

    const { entries, ...rest } = await report(begun);
    expect(rest).toMatchObject({ status: 'ended', counts: { created: 0, failed: 2, pending: 0 } });
    expect(entries).toMatchObject([{ status: 'failed', code: 'NOT_DONE', hint: expect.any(String) }, { code: 'NOT_DONE' }]);
    expect(await stored()).toEqual([]);
  });

  test('of another version of regcred ends, too, and keeps nothing', async () => {
    const begun = await begin(2);
    await take();
    const partition = projectPartition('default');
    const row = await opened.app.records.get(partition, jobRow(begun.operation));
    const { parcels = [] } = { ...(row?.fields['data'] as Fields | undefined) };
    const data = { parcels, pace: 'slow' };
    await opened.app.records.write(partition, [{ kind: 'put', row: jobRow(begun.operation), fields: { ...row?.fields, data } }]);

    await later(DAY + HOUR);

    expect(await report(begun)).toMatchObject({ status: 'ended', counts: { failed: 2 } });
    expect(await stored()).toEqual([]);
  });

  test('that could not be begun leaves nothing', async () => {
    fault = (port, call, given) => {
      if (port === 'records' && call === 'write' && JSON.stringify(given).includes('"row":"job:')) down();
    };
    await expect(begin(30, 'skip')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    fault = undefined;
    expect(await stored()).not.toEqual([]);

    await later();

    expect(await stored()).toEqual([]);
    const rows = await opened.app.records.range(projectPartition('default'), { limit: 100 });
    expect(rows).toEqual([]);
    expect(await opened.app.records.range('due', { limit: 100 })).toEqual([]);
  });

  test('waits for a store that is down', async () => {
    const begun = await begin(2, 'skip');
    fault = (port, call) => (port === 'secrets' && call === 'put' ? down() : undefined);
    await opened.workOff();
    expect(await report(begun)).toMatchObject({ status: 'running', counts: { pending: 2 } });
    fault = undefined;

    await later();

    expect(await report(begun)).toMatchObject({ status: 'ended', counts: { created: 2 } });
    // What the outage may have left is tidied up by then.
    await later();
    expect(await stored()).toEqual(await credentialIds());
  });

  test('gives a registry time that asks to slow down', async () => {
    const begun = await begin(2);
    mood = oddities.throttle('7');
    await opened.workOff();
    expect(await report(begun)).toMatchObject({ counts: { created: 0, failed: 0, pending: 2 } });
    mood = undefined;

    await later();

    expect(await report(begun)).toMatchObject({ status: 'ended', counts: { created: 2 } });
  });

  test('does not wait for a registry for ever', async () => {
    const begun = await begin(1);
    mood = oddities.throttle('7');

    for (const _ of [1, 2, 3]) await later();

    expect((await report(begun)).entries).toMatchObject([
      { status: 'failed', code: 'REGISTRY_THROTTLED', verdict: 'rate_limited' },
    ]);
  });

  test('stops asking a registry that refuses one user again and again', async () => {
    const login = { url: registry.url, username: 'ci', password: 'wrong-password' };
    const credentials = Array.from({ length: 5 }, (_, number) => ({ ...login, name: `Wrong ${number}` }));
    const begun = await startImport(opened.app, where, { check: 'live' }, { schemaVersion: 1, credentials });

    await opened.workOff();

    const { entries } = await report(begun);
    expect(entries.map(({ code, verdict }) => [code, verdict])).toEqual([
      ...Array.from({ length: 3 }, () => ['CREDENTIAL_REJECTED', 'invalid_credentials']),
      ...Array.from({ length: 2 }, () => ['CREDENTIAL_REJECTED', undefined]),
    ]);
    expect(logins()).toBe(3);
  });

  test('tries every token where all have the same user name', async () => {
    const credentials = Array.from({ length: 5 }, (_, number) => ({
      name: `Wrong ${number}`,
      provider: 'quay',
      url: registry.url,
      method: 'application',
      token: String(number).repeat(40),
    }));
    const begun = await startImport(opened.app, where, { check: 'live' }, { schemaVersion: 1, credentials });

    await opened.workOff();

    const { entries } = await report(begun);
    expect(entries.map(({ verdict }) => verdict)).toEqual(Array.from({ length: 5 }, () => 'invalid_credentials'));
  });

  test('says so where somebody removed what it was to make', async () => {
    const begun = await begin(1, 'skip');
    const [parcel = ''] = await stored();
    await (await opened.app.secretStore('local')).remove(parcel);

    await opened.workOff();

    expect((await report(begun)).entries).toMatchObject([{ status: 'failed', code: 'SECRET_MISSING', hint: expect.any(String) }]);
  });

  test('tells a defect without its text, and goes on', async () => {
    let isFirst = true;
    const begun = await begin(2, 'skip');
    fault = (port, call) => {
      if (port !== 'secrets' || call !== 'put' || !isFirst) return;
      isFirst = false;
      throw new RangeError('canary');
    };

    await opened.workOff();

    const { entries } = await report(begun);
    expect(entries).toMatchObject([{ status: 'failed', code: 'INTERNAL' }, { status: 'created' }]);
    expect(JSON.stringify(entries)).not.toContain('canary');
  });

  test('makes nothing in another project, though somebody writes its job there', async () => {
    await using wide = await openApp(undefined, {
      projects: [
        { name: 'default', environments: ['dev'] },
        { name: 'other', environments: ['dev'] },
      ],
    });
    const { app } = wide;
    const one = { name: 'CI', url: registry.url, username: 'ci', password: PASSWORD };
    const { operation: id } = await startImport(app, where, { check: 'skip' }, { schemaVersion: 1, credentials: [one] });
    const range = { from: 'job', to: 'job~', limit: 10 };
    const rows = await app.records.range(projectPartition('default'), range);
    const copies = rows.map(({ row, fields }) => ({
      kind: 'insert' as const,
      row,
      fields: { ...fields, ...(row === jobRow(id) && { project: 'other' }) },
    }));
    await app.records.write(projectPartition('other'), copies);

    await work(app, { v: 1, kind: 'job', project: 'other', id, turn: 0 });

    const made = await app.records.range(projectPartition('other'), { from: 'credential:', to: 'credential:~', limit: 10 });
    expect(made).toEqual([]);
    const lines = await app.records.range(projectPartition('other'), { from: 'job-part:', to: 'job-part:~', limit: 10 });
    expect(lines).toMatchObject([{ fields: { status: 'failed', failure: { code: 'SECRET_MISSING' } } }]);
  });

  test('of a project that the policy dropped waits for its return', async () => {
    const begun = await begin(2, 'skip');
    const { policy } = opened.app.settings;
    const { projects } = policy;
    policy.projects = projects.map((project) => ({ ...project, name: 'other' }));
    await opened.workOff();
    policy.projects = projects;
    expect(await report(begun)).toMatchObject({ status: 'running', counts: { pending: 2, failed: 0 } });

    await later();

    expect(await report(begun)).toMatchObject({ status: 'ended', counts: { created: 2 } });
  });

  test('tells of every entry, however long the list of what is wrong with each', async () => {
    await using wide = await openApp(undefined, { projects: [{ name: 'default', environments: longNames('a') }] });
    const one = { name: 'CI', url: registry.url, username: 'ci', password: PASSWORD, environments: longNames('b') };
    const credentials = Array.from({ length: 100 }, () => one);

    const { counts } = await startImport(wide.app, where, { check: 'skip' }, { schemaVersion: 1, credentials });

    expect(counts).toMatchObject({ total: 100, failed: 100 });
  });

  test('is forgotten when the retention ends, and what it made is not', async () => {
    const begun = await begin(3, 'skip');
    await opened.workOff();
    const ids = await credentialIds();
    await deleteCredential(opened.app, { ...where, id: ids[0] ?? '', ifMatch: undefined });

    opened.pass(89 * DAY);
    await sweep(opened.app);
    await opened.workOff();
    expect(await report(begun)).toMatchObject({ counts: { created: 3 } });

    opened.pass(2 * DAY);
    await sweep(opened.app);
    await opened.workOff();

    await expect(report(begun)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const rows = await opened.app.records.range(projectPartition('default'), { from: 'job', to: 'job~', limit: 100 });
    expect(rows).toEqual([]);
    expect(await credentialIds()).toEqual(ids.slice(1));
  });
});
