import { writeSync } from 'node:fs';
import { AppError } from '../../shared/lib/errors.ts';
import { Secret } from '../../shared/lib/secret.ts';
import { openDataFolder, type DataFolder } from '../../shared/stores/data-folder.ts';
import { openSqliteQueue } from '../../shared/stores/queue/sqlite.ts';
import { openSqliteRecords } from '../../shared/stores/records/sqlite.ts';
import { openLocalSecrets } from '../../shared/stores/secrets/local.ts';
import { operationOf, PADDING } from './acknowledged.ts';

type Write = (n: number) => Promise<void>;

const writers: Record<string, (data: DataFolder) => Promise<Write>> = {
  records: async (data) => {
    const store = await openSqliteRecords(data.records, {});
    return async (n) => {
      await store.write('p', [
        { kind: 'insert', row: `a-${n}`, fields: { n, PADDING } },
        { kind: 'insert', row: `b-${n}`, fields: { n, PADDING } },
      ]);
    };
  },
  queue: async (data) => {
    const queue = await openSqliteQueue(data.queue);
    return (n) => queue.send('work', { n, PADDING });
  },
  secrets: async (data) => {
    const store = await openLocalSecrets(data);
    return async (n) => {
      await store.put(`name-${n}`, new Secret(`value ${n}`), { operationId: operationOf(n), tags: {} });
      if (n % 3 === 1) await store.remove(`name-${n}`);
      if (n % 3 === 2) await store.retire(`name-${n}`, operationOf(n).replaceAll('-', ''));
    };
  },
};

/** A program that writes until it is killed or fails, and says after each write that it is done. */
const [kind = '', folder = ''] = process.argv.slice(2);
const openWriter = writers[kind];
if (!openWriter) throw new Error(`There is no writer of ${kind}`);
const write = await openWriter(await openDataFolder(folder, {}));
try {
  for (let n = 0; ; n++) {
    await write(n);
    writeSync(1, `${n}\n`);
  }
} catch (error) {
  writeSync(1, `failed: ${error instanceof AppError ? error.code : String(error)}\n`);
}
