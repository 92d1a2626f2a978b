import type { RecordStore } from '../../domain/ports.ts';
import type { StorageAccount } from '../../lib/storage-account.ts';
import { storageOutageAsAppError } from '../azure/storage-failure.ts';
import { checkKey, checkRange, checkTransaction } from './limits.ts';
import { writeOnce } from './table-write.ts';

const ROLE = 'Storage Table Data Contributor';

/** Records in the table `regcred` of an Azure storage account. Nothing is asked of it before the first call. */
export async function openTableRecords(account: StorageAccount): Promise<RecordStore> {
  // The SDK is loaded only where it is used.
  const { connectTable, withoutWriteId } = await import('./table-client.ts');
  const table = await connectTable(account);
  return {
    get: async (partition, row) => {
      checkKey('partition', partition);
      checkKey('row', row);
      const found = await storageOutageAsAppError(ROLE, () => table.get(partition, row));
      return found && withoutWriteId(found);
    },
    write: async (partition, operations) => {
      const texts = checkTransaction(partition, operations);
      return storageOutageAsAppError(ROLE, () => writeOnce(table, partition, operations, texts));
    },
    range: async (partition, { from = '', to, limit }) => {
      checkRange(partition, { from, limit, ...(to !== undefined && { to }) });
      const bounds = [
        from === '' ? [] : `RowKey ge '${quoted(from)}'`,
        to === undefined ? [] : `RowKey lt '${quoted(to)}'`,
      ].flat();
      const filter = [`PartitionKey eq '${partition}'`, ...bounds].join(' and ');
      return storageOutageAsAppError(ROLE, () => table.range(filter, limit));
    },
    // Nothing is held but connections that the process shares.
    close: async () => {},
  };
}

/** A text of OData. Keys have no quotes; bounds may. */
function quoted(text: string): string {
  return text.replaceAll("'", "''");
}
