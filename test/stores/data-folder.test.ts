import { chmod, mkdir, open, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { openDataFolder } from '../../shared/stores/data-folder.ts';
import { makeFolderDurably } from '../../shared/stores/durable-file.ts';
import { openSqliteRecords } from '../../shared/stores/records/sqlite.ts';
import { nextLine, startChild } from './child-program.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('the data folder', () => {
  test('is made for the owner alone, with the folders above it', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'a', 'b');

    const data = await openDataFolder(path, {});

    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect(data).toMatchObject({ path, records: join(path, 'records.db'), queue: join(path, 'queue.db') });
    await data.close();
  });

  test('outlives a power cut with the folders above it, also where somebody else made it', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'a', 'b');
    const above = [folder.path, join(folder.path, 'a')];

    expect(await syncedWhile(() => makeFolderDurably(path))).toEqual(expect.arrayContaining(await inodesOf(above)));
    await rm(path, { recursive: true });
    await mkdir(path);
    expect(await syncedWhile(async () => (await openDataFolder(path, {})).close())).toEqual(
      expect.arrayContaining(await inodesOf([join(folder.path, 'a'), path])),
    );
  });

  test('that others may look into still has a lock that they cannot take', async () => {
    await using folder = await temporaryFolder();
    await chmod(folder.path, 0o755);

    const data = await openDataFolder(folder.path, {});

    expect((await stat(join(folder.path, 'lock'))).mode & 0o777).toBe(0o600);
    await data.close();
  });

  test('has one user at a time in a process', async () => {
    await using folder = await temporaryFolder();
    const first = await openDataFolder(folder.path, {});

    await expect(openDataFolder(folder.path, {})).rejects.toThrow(`The data folder ${folder.path} is in use by another regcred`);

    await first.close();
    await (await openDataFolder(folder.path, {})).close();
  });

  test('has one process at a time, and is free once that is killed', async () => {
    await using folder = await temporaryFolder();
    await using holder = startChild(new URL('./hold-folder.ts', import.meta.url), [folder.path]);
    expect(await nextLine(holder)).toBe('held');
    await using second = startChild(new URL('./hold-folder.ts', import.meta.url), [folder.path]);

    expect(await nextLine(second)).toBe(`The data folder ${folder.path} is in use by another regcred`);
    await expect(openDataFolder(folder.path, {})).rejects.toThrow('is in use by another regcred');
    await holder.kill();

    await (await openDataFolder(folder.path, {})).close();
  });

  test('goes to one of ten that ask at once', async () => {
    await using folder = await temporaryFolder();

    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => openDataFolder(folder.path, {})));

    const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(opened).toHaveLength(1);
    await opened[0]?.close();
  });

  test('that is a file is said in one line', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'file');
    await writeFile(path, '');

    await expect(openDataFolder(path, {})).rejects.toThrow(/^The data folder .*file cannot be used: .+$/);
  });
});

describe('in Azure', () => {
  const environment = { WEBSITE_SITE_NAME: 'my-app' };

  test('the data folder is refused before it is made', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'data');

    await expect(openDataFolder(path, environment)).rejects.toThrow('The embedded stores do not work in Azure');

    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('the records are refused before they are made', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'records.db');

    await expect(openSqliteRecords(file, environment)).rejects.toThrow('set REGCRED_RECORDS=table');

    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('an embedded database', () => {
  test('is for the owner alone, with the files beside it', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'records.db');
    const store = await openSqliteRecords(file, {});
    await store.write('p', [{ kind: 'insert', row: 'a', fields: {} }]);

    for (const path of [file, `${file}-wal`, `${file}-shm`]) expect((await stat(path)).mode & 0o777).toBe(0o600);
    await store.close();
  });

  test.for<{ what: string; spoil: (file: string) => Promise<unknown> }>([
    { what: 'is not one', spoil: (file) => writeFile(file, 'not a database '.repeat(100)) },
    { what: 'is a folder', spoil: (file) => mkdir(file) },
  ])('that $what is an outage', async ({ spoil }) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'records.db');
    await spoil(file);

    await expect(openSqliteRecords(file, {})).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  test('of a newer regcred is left alone', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'records.db');
    const { DatabaseSync } = await import('node:sqlite');
    const newer = new DatabaseSync(file);
    newer.exec('PRAGMA user_version = 99');
    newer.close();

    await expect(openSqliteRecords(file, {})).rejects.toThrow(/was written by a newer regcred/);
  });
});

const inodesOf = (paths: string[]) => Promise.all(paths.map(async (path) => (await stat(path)).ino));

/** The inodes of what is synced meanwhile: whether a disk has a name shows only when the power is cut. */
async function syncedWhile(run: () => Promise<void>): Promise<number[]> {
  const probe = await open(tmpdir());
  const handles = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  const synced: number[] = [];
  const spy = vi.spyOn(handles, 'sync').mockImplementation(async function syncAndNote(this: FileHandle) {
    synced.push((await this.stat()).ino);
    return this.datasync();
  });
  try {
    await run();
  } finally {
    spy.mockRestore();
  }
  return synced;
}
