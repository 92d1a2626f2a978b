import { createDefaultHttpClient, createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { TableClient } from '@azure/data-tables';
import type { Row } from '../../domain/ports.ts';
import { SECOND } from '../../lib/clock.ts';
import { managedIdentity } from '../../identity/azure.ts';
import type { StorageAccount } from '../../lib/storage-account.ts';
import { CALL_LIMIT, refusalCode, refusalStatus } from '../azure/storage-failure.ts';
import { batchEtags, batchRequest, type BatchPart } from './table-batch.ts';
import { fromEntity } from './table-entity.ts';

const TABLE = 'regcred';

/** How long one try of a transaction may take: the service itself gives it 30 seconds at most, usual are some ten milliseconds. */
const SEND_LIMIT = 10 * SECOND;

/** Busy or failing answers, and broken connections, are tried again; milliseconds. */
const READ_RETRIES = { maxRetries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 2000 };

export type StoredRow = Row & { writeId: string };

/** The calls of Table Storage, as they come: reads are repeated by the SDK, a transaction is sent once. */
export interface TableCalls {
  get(partition: string, row: string): Promise<StoredRow | undefined>;
  range(filter: string, limit: number): Promise<Row[]>;
  /** Throws BatchRefusal for an operation that did not apply. */
  send(parts: BatchPart[]): Promise<string[]>;
  /** Of the table, for POST; of a row. */
  url(partition?: string, row?: string): string;
}

/** Connects to the table `regcred`, which the first call makes if it is not there and the app may. */
export async function connectTable(account: StorageAccount): Promise<TableCalls> {
  const reader = await clientOf(account, READ_RETRIES);
  const writer = await clientOf(account, { maxRetries: 0 });
  const http = createDefaultHttpClient();
  const base = new URL(reader.url);
  const path = base.pathname.replace(/\/$/, '');
  let made: Promise<void> | undefined;
  const tableIsMade = () => {
    made ??= makeTable(reader).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
  return {
    get: async (partition, row) => {
      await tableIsMade();
      const entity = await reader.getEntity(partition, row, { abortSignal: limit() }).catch((error: unknown) => {
        if (refusalCode(error) === 'ResourceNotFound') return undefined;
        throw error;
      });
      return entity && fromEntity(entity);
    },
    range: async (filter, most) => {
      await tableIsMade();
      const pages = reader.listEntities({ queryOptions: { filter }, abortSignal: limit() }).byPage({ maxPageSize: most });
      const rows: Row[] = [];
      for await (const page of pages) {
        rows.push(...page.map((entity) => withoutWriteId(fromEntity(entity))));
        // A page can be short, or empty, with more behind it.
        if (rows.length >= most) break;
      }
      return rows.slice(0, most);
    },
    send: async (parts) => {
      await tableIsMade();
      const { contentType, body } = batchRequest(parts);
      const request = createPipelineRequest({
        url: `${base.origin}${path}/$batch${base.search}`,
        method: 'POST',
        headers: createHttpHeaders({
          accept: 'application/json',
          'content-type': contentType,
          dataserviceversion: '3.0;',
          'x-ms-version': '2019-02-02',
        }),
        body,
        abortSignal: AbortSignal.timeout(SEND_LIMIT),
        allowInsecureConnection: base.protocol === 'http:',
      });
      const { status, bodyAsText } = await writer.pipeline.sendRequest(http, request);
      return batchEtags(status, bodyAsText ?? '', parts.length);
    },
    url: (partition, row) => {
      const table = `${base.origin}${path}/${TABLE}`;
      if (partition === undefined || row === undefined) return table;
      return `${table}(PartitionKey='${encodeURIComponent(partition)}',RowKey='${encodeURIComponent(row)}')`;
    },
  };
}

export function withoutWriteId({ row, fields, etag }: Row): Row {
  return { row, fields, etag };
}

async function clientOf(account: StorageAccount, retryOptions: typeof READ_RETRIES | { maxRetries: 0 }): Promise<TableClient> {
  if ('connectionString' in account) {
    // Whether the connection is encrypted is for the connection string to say: that of an emulator has http.
    return TableClient.fromConnectionString(account.connectionString, TABLE, { retryOptions, allowInsecureConnection: true });
  }
  const url = `https://${account.accountName}.table.core.windows.net`;
  return new TableClient(url, TABLE, await managedIdentity(account.clientId), { retryOptions });
}

/** Who may write rows but not make tables finds the table there, or learns it from the call that comes next. */
async function makeTable(client: TableClient): Promise<void> {
  await client.createTable({ abortSignal: limit() }).catch((error: unknown) => {
    if (refusalStatus(error) !== 403 && refusalCode(error) !== 'TableAlreadyExists') throw error;
  });
}

function limit(): AbortSignal {
  return AbortSignal.timeout(CALL_LIMIT);
}
