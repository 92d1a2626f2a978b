import { join } from 'node:path';
import { openSqliteRecords } from '../../../shared/stores/records/sqlite.ts';
import { describeRecordStore, type RecordStoreUnderTest } from '../../contract/record-store.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describeRecordStore('sqlite', openInTemporaryFolder);

async function openInTemporaryFolder(): Promise<RecordStoreUnderTest> {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'records.db');
  let store = await openSqliteRecords(file, {});
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await openSqliteRecords(file, {});
      return store;
    },
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
