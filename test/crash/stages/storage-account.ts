import { TableClient } from '@azure/data-tables';
import { QueueServiceClient } from '@azure/storage-queue';
import { fromEntity } from '../../../shared/stores/records/table-entity.ts';
import type { StoreView } from '../stage.ts';

/** The records and the work of a storage account of Azurite. */
export function viewStorageAccount(connectionString: string): Pick<StoreView, 'rows' | 'messages'> {
  const table = TableClient.fromConnectionString(connectionString, 'regcred', { allowInsecureConnection: true });
  const queues = QueueServiceClient.fromConnectionString(connectionString);
  return {
    rows: async (partitionPrefix, rowPrefix = '') => {
      const rows: { row: string; fields: unknown }[] = [];
      for await (const entity of table.listEntities()) {
        if (entity.partitionKey?.startsWith(partitionPrefix) && entity.rowKey?.startsWith(rowPrefix))
          rows.push(fromEntity(entity));
      }
      return rows;
    },
    messages: async () => {
      const messages: string[] = [];
      for await (const { name } of queues.listQueues()) {
        const { approximateMessagesCount: count = 0 } = await queues.getQueueClient(name).getProperties();
        if (count > 0) messages.push(`in ${name}: ${count}`);
      }
      return messages;
    },
  };
}
