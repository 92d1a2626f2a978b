import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { App } from '../../shared/domain/app.ts';
import { checkCredential } from '../../shared/domain/check-credential.ts';
import type { Credential } from '../../shared/domain/credential.ts';
import { deleteCredential, restoreCredential } from '../../shared/domain/delete-credential.ts';
import { handOut } from '../../shared/domain/hand-out.ts';
import { moveCredential } from '../../shared/domain/move-credential.ts';
import type { SecretStoreName } from '../../shared/domain/policy.ts';
import type { SecretStore } from '../../shared/domain/ports.ts';
import { findCredential } from '../../shared/domain/read-credential.ts';
import { tick } from '../../shared/domain/schedule.ts';
import { updateCredential } from '../../shared/domain/update-credential.ts';
import { HOUR } from '../../shared/lib/clock.ts';
import { AppError } from '../../shared/lib/errors.ts';
import { Secret } from '../../shared/lib/secret.ts';
import { openLocalSecrets } from '../../shared/stores/secrets/local.ts';
import { temporaryFolder } from '../stores/temporary-folder.ts';
import { ADMIN, createIn, openApp, type OpenApp } from './open-app.ts';

/** Runs in place of a call of a port: `secrets/key-vault.put`, `records.write`. */
type Around = (call: string, run: () => Promise<unknown>) => Promise<unknown>;

interface TwoStores extends OpenApp {
  /** What the calls of all ports go through from then on. */
  around: Around;
}

const direct: Around = (_call, run) => run();

/** The app with a second store of files, under the name of the vault. */
async function openTwoStores(): Promise<TwoStores> {
  const folder = await temporaryFolder();
  const state = { around: direct };
  const watched = <Port extends object>(prefix: string, port: Port): Port =>
    new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function' || name === 'list' || name === 'close') return member;
        return (...given: unknown[]): unknown =>
          state.around(`${prefix}.${String(name)}`, async () => Reflect.apply(member, target, given) as unknown);
      },
    });
  let vault: Promise<SecretStore> | undefined;
  const openVault = () =>
    (vault ??= openLocalSecrets({ secrets: join(folder.path, 'vault'), secretsKey: join(folder.path, 'vault.key') }));
  const opened = await openApp((ports) => ({
    records: watched('records', ports.records),
    secretStore: async (name) => watched(`secrets/${name}`, await (name === 'key-vault' ? openVault() : ports.secretStore(name))),
  }));
  return Object.assign(state, opened, {
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  });
}

const at = (id: string) => ({ project: 'default', id, caller: ADMIN, ifMatch: undefined });

const move = ({ app }: OpenApp, id: string, store: SecretStoreName = 'key-vault') => moveCredential(app, { ...at(id), store });

const patch = ({ app }: OpenApp, id: string, password: string) =>
  updateCredential(app, { ...at(id), ifMatch: '*', check: 'skip' }, { password });

async function passwordOf(app: App, id: string): Promise<string> {
  const { value } = await handOut(app, at(id), { format: 'login', fresh: false });
  return (value as { password: string }).password;
}

/** The versions in both stores that belong to a credential, as pointers. */
async function secretsOf(app: App, id: string) {
  const found: object[] = [];
  for (const store of ['local', 'key-vault'] as const)
    for await (const { name, version, tags } of (await app.secretStore(store)).list())
      if (tags['credential'] === id) found.push({ store, name, version });
  return found;
}

/** Throws unless the secret that the record names is there, and no other one. */
async function expectAgreement(opened: OpenApp, id: string): Promise<Credential> {
  const { credential } = await findCredential(opened.app, at(id));
  expect(await secretsOf(opened.app, id)).toEqual(credential.deletedAt ? [] : [credential.active.secret]);
  return credential;
}

/** What a crash leaves is put right when its due row is taken. */
async function later({ app, pass, workOff }: OpenApp): Promise<void> {
  pass(HOUR);
  await tick(app);
  await workOff();
}

/** Runs something when a call is made for the first time, before it is done. */
function before(opened: TwoStores, call: string, run: () => Promise<unknown>): void {
  opened.around = async (made, go) => {
    if (made !== call) return go();
    opened.around = direct;
    await run();
    return go();
  };
}

const codeOf = (error: { code?: string }) => error.code;

describe('a move', () => {
  test('whose stores fail at any one call leaves one secret, and loses none', async () => {
    await using opened = await openTwoStores();
    const calls = await callsOfMove(opened);
    expect(calls).toContain('secrets/key-vault.put');
    expect(calls).toContain('secrets/local.remove');

    const outcomes = new Set<string>();
    for (const [index, call] of calls.entries()) {
      for (const moment of ['before', 'after'] as const) {
        const { credential } = await createIn(opened.app, { name: `${moment} ${index}`, password: `password of ${index}` });
        failAt(opened, index, moment);
        const outcome = await move(opened, credential.id).then(() => 'moved', codeOf);
        opened.around = direct;
        await later(opened);
        opened.app.materials.clear();

        const now = await expectAgreement(opened, credential.id).catch((cause: unknown) => {
          throw new Error(`After ${call} (${index}) failed, ${moment} it was done: ${(cause as Error).message}`, { cause });
        });
        expect(await passwordOf(opened.app, credential.id)).toBe(`password of ${index}`);
        outcomes.add(`${outcome} -> ${now.active.secret?.store}`);
      }
    }
    expect([...outcomes].toSorted()).toEqual([
      'STORE_UNAVAILABLE -> key-vault',
      'STORE_UNAVAILABLE -> local',
      'moved -> key-vault',
    ]);
  });

  test.for([
    ['something else', (value: string) => value.replace('right', 'wrong')],
    ['what is no document', () => 'x'],
    ['nothing', () => undefined],
  ] as const)('to a store that gives back %s is not done', async ([, garble]) => {
    await using opened = await openTwoStores();
    const { credential } = await createIn(opened.app);
    opened.around = async (call, run) => {
      const answer = await run();
      if (call !== 'secrets/key-vault.get') return answer;
      const value = garble((answer as Secret).reveal());
      return value === undefined ? undefined : new Secret(value);
    };

    await expect(move(opened, credential.id)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    opened.around = direct;
    await later(opened);

    expect(await expectAgreement(opened, credential.id)).toEqual(credential);
  });

  test('that a new secret overtakes is refused, and the new one stays', async () => {
    await using opened = await openTwoStores();
    const { credential } = await createIn(opened.app);
    before(opened, 'secrets/key-vault.put', () => patch(opened, credential.id, 'second'));

    await expect(move(opened, credential.id)).rejects.toMatchObject({ code: 'ETAG_MISMATCH' });

    expect(await expectAgreement(opened, credential.id)).toMatchObject({ active: { secret: { store: 'local' } }, revision: 2 });
    expect(await passwordOf(opened.app, credential.id)).toBe('second');
  });

  test('whose secret was replaced before it is opened moves the new one', async () => {
    await using opened = await openTwoStores();
    const { credential } = await createIn(opened.app);
    before(opened, 'secrets/local.get', () => patch(opened, credential.id, 'second'));

    await move(opened, credential.id);

    await expectAgreement(opened, credential.id);
    expect(await passwordOf(opened.app, credential.id)).toBe('second');
  });

  test('that overtakes a new secret keeps the old login, and the change is refused', async () => {
    await using opened = await openTwoStores();
    const { credential } = await createIn(opened.app);
    before(opened, 'secrets/local.put', () => move(opened, credential.id));

    await expect(patch(opened, credential.id, 'second')).rejects.toMatchObject({ code: 'ETAG_MISMATCH' });

    await expectAgreement(opened, credential.id);
    expect(await passwordOf(opened.app, credential.id)).toBe('right-password');
  });

  test('that a deletion overtakes is refused, and the secret can be restored', async () => {
    await using opened = await openTwoStores();
    const { credential } = await createIn(opened.app);
    before(opened, 'secrets/key-vault.put', () => deleteCredential(opened.app, at(credential.id)));

    await expect(move(opened, credential.id)).rejects.toMatchObject({ code: 'ETAG_MISMATCH' });
    await expectAgreement(opened, credential.id);

    await restoreCredential(opened.app, at(credential.id));
    await expectAgreement(opened, credential.id);
    expect(await passwordOf(opened.app, credential.id)).toBe('right-password');
  });

  test('that overtakes a deletion lets it be asked for again', async () => {
    await using opened = await openTwoStores();
    const { credential } = await createIn(opened.app);
    let isMoved = false;
    opened.around = async (call, run) => {
      if (call !== 'records.write' || isMoved) return run();
      isMoved = true;
      await move(opened, credential.id);
      return run();
    };

    await expect(deleteCredential(opened.app, at(credential.id))).rejects.toMatchObject({ code: 'ETAG_MISMATCH' });
    await expectAgreement(opened, credential.id);
    await deleteCredential(opened.app, at(credential.id));

    await expectAgreement(opened, credential.id);
  });

  test('that another one overtakes leaves one secret', async () => {
    await using opened = await openTwoStores();
    const { credential } = await createIn(opened.app);
    before(opened, 'secrets/key-vault.put', () => move(opened, credential.id));

    await expect(move(opened, credential.id)).rejects.toMatchObject({ code: 'ETAG_MISMATCH' });

    await expectAgreement(opened, credential.id);
    expect(await passwordOf(opened.app, credential.id)).toBe('right-password');
  });

  test('keeps what is known of the login', async () => {
    await using opened = await openTwoStores();
    const made = await createIn(opened.app, { expiresAt: '2099-01-01T00:00:00.000Z', default: true });
    const { credential } = await findCredential(opened.app, at(made.credential.id));
    opened.pass(HOUR);

    const moved = await move(opened, credential.id);

    const { secret: _old, ...active } = credential.active;
    expect(moved.credential).toMatchObject({ ...credential, active, updatedAt: expect.any(String), revision: 2 });
    expect(moved.credential.updatedAt).toBe(opened.app.clock.now().toISOString());
    expect(moved.status).toEqual(made.status);
  });
});

describe('whoever read the record before a change', () => {
  test.for<[string, (opened: TwoStores, id: string) => Promise<unknown>, string]>([
    ['a move', (opened, id) => move(opened, id), 'right-password'],
    ['a new secret', (opened, id) => patch(opened, id, 'second'), 'second'],
  ])('has the login that is there after %s', async ([, change, password]) => {
    await using opened = await openTwoStores();
    const { credential } = await createIn(opened.app);
    before(opened, 'secrets/local.get', () => change(opened, credential.id));

    expect(await passwordOf(opened.app, credential.id)).toBe(password);
  });

  test('is counted once', async () => {
    await using opened = await openTwoStores();
    const { credential } = await createIn(opened.app);
    before(opened, 'secrets/local.get', () => move(opened, credential.id));
    const rules = ADMIN.rules.map((rule) => ({ ...rule, handOutsPerHour: 1 }));
    const caller = { ...ADMIN, rules };

    await expect(
      handOut(opened.app, { ...at(credential.id), caller }, { format: 'login', fresh: false }),
    ).resolves.toHaveProperty('value');
  });

  test('is told that it is gone after a deletion, and no secret is missed', async () => {
    await using opened = await openTwoStores();
    const { credential } = await createIn(opened.app);
    before(opened, 'secrets/local.get', () => deleteCredential(opened.app, at(credential.id)));

    await expect(passwordOf(opened.app, credential.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });

    const status = await opened.app.records.get('project:default', `status:${credential.id}`);
    expect(status?.fields).toMatchObject({ standing: 'unverified', warnings: [] });
  });

  test('checks the login that is there', async () => {
    await using opened = await openTwoStores();
    const { credential } = await createIn(opened.app, { url: 'http://127.0.0.1:1' });
    before(opened, 'secrets/local.get', () => move(opened, credential.id));

    expect(await checkCredential(opened.app, at(credential.id), { repositories: [] })).toMatchObject({ verdict: 'unreachable' });
  });

  test('has the answer to a repeated create request', async () => {
    await using opened = await openTwoStores();
    const { credential } = await createIn(opened.app, {}, 'key');
    before(opened, 'secrets/local.get', () => move(opened, credential.id));

    expect((await createIn(opened.app, {}, 'key')).credential.id).toBe(credential.id);
  });
});

async function callsOfMove(opened: TwoStores): Promise<string[]> {
  const { credential } = await createIn(opened.app, { name: 'Counted' });
  const calls: string[] = [];
  opened.around = (call, run) => {
    calls.push(call);
    return run();
  };
  await move(opened, credential.id);
  opened.around = direct;
  return calls;
}

/** One call finds its store down, or is done and never answered. */
function failAt(opened: TwoStores, index: number, moment: 'before' | 'after'): void {
  let made = 0;
  opened.around = async (call, run) => {
    const isIt = made === index;
    made += 1;
    if (!isIt) return run();
    if (moment === 'after') await run();
    throw new AppError('STORE_UNAVAILABLE', `${call} does not answer`);
  };
}
