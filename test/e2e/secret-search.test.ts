import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../stores/temporary-folder.ts';
import { findSecrets, findSecretsInFolder } from './secret-search.ts';

const secret = 'p"a\\s%s+/=&é🔑';
const secrets = { planted: secret };

describe('the search for secrets', () => {
  test.for([
    ['raw', `password is ${secret}!`],
    ['JSON', JSON.stringify({ password: secret })],
    ['JSON in JSON', JSON.stringify({ body: JSON.stringify({ password: secret }) })],
    ['URL', `https://example.com/?password=${encodeURIComponent(secret)}`],
    ['form', new URLSearchParams({ password: secret }).toString()],
    ['base64, 0 bytes in', `Basic ${Buffer.from(`abc${secret}def`).toString('base64')}`],
    ['base64, 1 bytes in', `Basic ${Buffer.from(`a${secret}`).toString('base64')}`],
    ['base64, 2 bytes in', `Basic ${Buffer.from(`ab${secret}x`).toString('base64')}`],
    ['base64 for URLs, 2 bytes in', Buffer.from(`ci:x:${secret}`).toString('base64url')],
    ['hex', `0x${Buffer.from(secret).toString('hex')}`],
    ['printed bytes', JSON.stringify(Buffer.from(secret))],
  ] as const)('finds one that is there as %s', ([spelling, text]) => {
    expect(findSecrets(secrets, 'here', text)).toContain(`here: planted as ${spelling}`);
  });

  test('finds none where none is', () => {
    expect(findSecrets(secrets, 'here', 'p"a\\s%s+/= and base64 YWJjZGVm')).toEqual([]);
  });

  test('looks into every file, also the log of a database that is open', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'deep'));
    await writeFile(join(folder.path, 'deep', 'file.bin'), Buffer.concat([Buffer.alloc(5), Buffer.from(secret)]));
    using database = new DatabaseSync(join(folder.path, 'records.db'));
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (text TEXT)');
    database.prepare('INSERT INTO t VALUES (?)').run(JSON.stringify({ secret }));

    const found = await findSecretsInFolder(secrets, folder.path);

    expect(found).toContain(`${join(folder.path, 'deep', 'file.bin')}: planted as raw`);
    expect(found).toContain(`${join(folder.path, 'records.db-wal')}: planted as JSON`);
  });
});
