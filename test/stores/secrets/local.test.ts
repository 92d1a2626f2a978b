import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { openLocalSecrets } from '../../../shared/stores/secrets/local.ts';
import { describeSecretStore, type SecretStoreUnderTest } from '../../contract/secret-store.ts';
import { freshName, listed, putValue, valueOf } from '../../contract/secret-store/put-value.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describeSecretStore('local', openInTemporaryFolder, { purges: true, refusesRemoved: true, showsBytesAtRest: true });

describe('the key file', () => {
  test('is made once, for the owner alone', async () => {
    await using subject = await openInTemporaryFolder();
    const before = await readFile(subject.data.secretsKey);

    await subject.reopen();

    expect(before).toHaveLength(32);
    expect(await readFile(subject.data.secretsKey)).toEqual(before);
    expect((await stat(subject.data.secretsKey)).mode & 0o777).toBe(0o600);
  });

  test.for(['active', 'removed'])('that is missing is not made anew over secrets that are %s', async (state) => {
    await using subject = await openInTemporaryFolder();
    const name = freshName();
    const version = await putValue(subject.store, name, 'value');
    if (state === 'removed') await subject.store.remove(name);
    const backup = `${subject.data.secretsKey}.backup`;
    await rename(subject.data.secretsKey, backup);

    await expect(subject.reopen()).rejects.toThrow(/secrets\.key is missing, and the secrets in .* cannot be read without it/);
    await expect(stat(subject.data.secretsKey)).rejects.toMatchObject({ code: 'ENOENT' });

    await rename(backup, subject.data.secretsKey);
    const store = await subject.reopen();
    await store.restore(name);
    expect(await valueOf(store, name, version)).toBe('value');
  });

  test('that is not one is refused', async () => {
    await using subject = await openInTemporaryFolder();
    await writeFile(subject.data.secretsKey, 'short');

    await expect(subject.reopen()).rejects.toThrow(/secrets\.key is not a key of regcred/);
  });

  test('of another folder opens nothing, and says what to look at', async () => {
    await using subject = await openInTemporaryFolder();
    await using stranger = await openInTemporaryFolder();
    const name = freshName();
    const version = await putValue(subject.store, name, 'value');
    await copyFile(stranger.data.secretsKey, subject.data.secretsKey);

    const store = await subject.reopen();

    await expect(store.get(name, version)).rejects.toMatchObject(UNREADABLE);
  });
});

describe('a file that was tampered with', () => {
  test('put under another version does not open', async () => {
    await using subject = await openInTemporaryFolder();
    const name = freshName();
    const first = await putValue(subject.store, name, 'first');
    const second = await putValue(subject.store, name, 'second');

    await copyFile(subject.fileOf(name, first), subject.fileOf(name, second));

    await expect(subject.store.get(name, second)).rejects.toMatchObject(UNREADABLE);
    expect(await valueOf(subject.store, name, first)).toBe('first');
  });

  test('put under another name does not open', async () => {
    await using subject = await openInTemporaryFolder();
    const [name, other] = [freshName(), freshName()];
    const version = await putValue(subject.store, name, 'value');

    await mkdir(join(subject.data.secrets, 'active', other));
    await copyFile(subject.fileOf(name, version), subject.fileOf(other, version));

    await expect(subject.store.get(other, version)).rejects.toMatchObject(UNREADABLE);
  });

  test.for([0, 1, 7, 8, 19, 20, 35, 36, -1])('cut at byte %d does not open, and does not show itself', async (at) => {
    await using subject = await openInTemporaryFolder();
    const name = freshName();
    const version = await putValue(subject.store, name, 'canary-of-a-value');
    const file = subject.fileOf(name, version);
    await writeFile(file, (await readFile(file)).subarray(0, at));

    const error: unknown = await subject.store.get(name, version).catch((reason: unknown) => reason);

    expect(error).toMatchObject(UNREADABLE);
    expect(inspect(error, { depth: 9 })).not.toContain('canary');
  });

  test('changed in any byte does not open', async () => {
    await using subject = await openInTemporaryFolder();
    const name = freshName();
    const version = await putValue(subject.store, name, 'value');
    const file = subject.fileOf(name, version);
    const bytes = await readFile(file);

    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await writeFile(file, changed);
      await expect(subject.store.get(name, version), `byte ${at}`).rejects.toMatchObject(UNREADABLE);
    }
  });
});

describe('the folder', () => {
  test('is for the owner alone, with all that is in it', async () => {
    await using subject = await openInTemporaryFolder();
    const removed = freshName();
    await putValue(subject.store, freshName(), 'value');
    await putValue(subject.store, removed, 'value');
    await subject.store.remove(removed);

    const entries = await readdir(subject.data.secrets, { recursive: true, withFileTypes: true });

    const wrong = [];
    for (const entry of entries) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      if ((mode & 0o777) !== (entry.isDirectory() ? 0o700 : 0o600)) wrong.push(`${entry.name} ${mode.toString(8)}`);
    }
    expect(wrong).toEqual([]);
    expect(entries.filter((entry) => entry.isFile())).toHaveLength(2);
  });

  test('is cleaned of what a crash left half written', async () => {
    await using subject = await openInTemporaryFolder();
    const scratch = join(subject.data.secrets, 'scratch');
    await writeFile(join(scratch, 'half'), 'half of a file');
    await mkdir(join(scratch, 'purged', 'rest'), { recursive: true });

    await subject.reopen();

    expect(await readdir(scratch)).toEqual([]);
  });

  test('may hold what is not ours', async () => {
    await using subject = await openInTemporaryFolder();
    const name = freshName();
    const version = await putValue(subject.store, name, 'value');
    await writeFile(join(subject.data.secrets, 'active', '.DS_Store'), '');
    await writeFile(subject.fileOf(name, 'note.txt'), '');

    expect(await listed(subject.store, [name])).toMatchObject([{ name, version }]);
  });

  test('that cannot be written is an outage', async () => {
    await using subject = await openInTemporaryFolder();
    await rm(subject.data.secrets, { recursive: true });
    await writeFile(subject.data.secrets, 'a file where a folder was');

    await expect(putValue(subject.store, freshName(), 'value')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});

describe('a retired version', () => {
  test('has lost its value, on disk too, and is never written again', async () => {
    await using subject = await openInTemporaryFolder();
    const name = freshName();
    const operationId = crypto.randomUUID();
    const long = 'x'.repeat(10_000);
    const version = await putValue(subject.store, name, long, operationId);

    await subject.store.retire(name, version);

    expect(await subject.store.get(name, version)).toBeUndefined();
    expect((await stat(subject.fileOf(name, version))).size).toBeLessThan(long.length);
    expect(await putValue(subject.store, name, 'another', operationId)).toBe(version);
    expect(await subject.store.get(name, version)).toBeUndefined();
    expect(await listed(subject.store, [name])).toEqual([]);
  });
});

const UNREADABLE = {
  code: 'STORE_UNAVAILABLE',
  details: { hint: expect.stringContaining('The key file does not fit') as string },
};

interface LocalSecretsUnderTest extends SecretStoreUnderTest {
  data: { secrets: string; secretsKey: string };
  fileOf(name: string, version: string): string;
}

async function openInTemporaryFolder(): Promise<LocalSecretsUnderTest> {
  const folder = await temporaryFolder();
  const data = { secrets: join(folder.path, 'secrets'), secretsKey: join(folder.path, 'secrets.key') };
  return {
    store: await openLocalSecrets(data),
    reopen: () => openLocalSecrets(data),
    bytesAtRest: () => filesUnder(folder.path),
    data,
    fileOf: (name, version) => join(data.secrets, 'active', name, version),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

async function filesUnder(path: string): Promise<Buffer[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return Promise.all(entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name))));
}
