import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { temporaryFolder } from '../../stores/temporary-folder.ts';
import type { Stage, StoreView } from '../stage.ts';
import { localSecrets } from './local-secrets.ts';

/** Records and work in SQLite, secrets in local files. */
export async function openEmbeddedStage(): Promise<Stage> {
  const folder = await temporaryFolder();
  return {
    ...viewEmbedded(folder.path),
    data: folder.path,
    environment: {},
    policy: {},
    writesSecret: 'secrets.put',
    sendsMessage: 'queue.send',
    finish: () => {},
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** The stores of a data folder, which a service may have open. */
export function viewEmbedded(data: string): StoreView {
  return {
    rows: async (partitionPrefix, rowPrefix = '') => {
      using database = new DatabaseSync(join(data, 'records.db'), { readOnly: true });
      return database
        .prepare(
          'SELECT row_key, fields FROM rows WHERE substr(partition_key, 1, ?) = ? AND substr(row_key, 1, ?) = ? ORDER BY row_key',
        )
        .all(partitionPrefix.length, partitionPrefix, rowPrefix.length, rowPrefix)
        .map(({ row_key: row, fields }) => ({ row: String(row), fields: JSON.parse(String(fields)) as unknown }));
    },
    messages: async () => {
      using database = new DatabaseSync(join(data, 'queue.db'), { readOnly: true });
      const messages = database.prepare('SELECT queue, body FROM messages').all();
      return messages.map(({ queue, body }) => `in ${String(queue)}: ${String(body)}`);
    },
    secrets: () => localSecrets(data),
  };
}
