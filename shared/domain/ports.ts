import type { Secret } from '../lib/secret.ts';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** The fields of a row. Each is stored on its own, so that one large field does not fill the row. */
export type Fields = Record<string, Json>;

export interface Row {
  row: string;
  fields: Fields;
  /** Changes with every write of this row; opaque. */
  etag: string;
}

/** One part of a transaction. `insert` wants the row absent; `replace` and `delete` want it as it was read; `put` does not care. */
export type Operation =
  | { kind: 'insert'; row: string; fields: Fields }
  | { kind: 'replace'; row: string; fields: Fields; etag: string }
  | { kind: 'put'; row: string; fields: Fields }
  /** Without an etag: whatever its version, but it must exist. */
  | { kind: 'delete'; row: string; etag?: string };

/** Azure Table Storage's limits, which every implementation enforces: https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model */
export const RECORD_LIMITS = {
  /** Operations in one transaction. */
  operations: 100,
  /** UTF-16 bytes of one field's JSON text. */
  fieldBytes: 64 * 1024,
  /** UTF-16 bytes of a row: keys, names of fields and their JSON text. Azure's 1 MiB, less its own 12 bytes for each field. */
  rowBytes: 1020 * 1024,
  /** UTF-16 bytes of the rows of one transaction: what stays under Azure's 4 MiB of request once it is escaped and wrapped. */
  transactionBytes: 2 * 1024 * 1024,
  fields: 250,
  /** UTF-16 bytes of a partition or row key. */
  keyBytes: 1024,
  /** Rows of one answer. */
  page: 1000,
} as const;

/** A write that lost: another one was first, or the row is not (or no longer) there. Nothing of the transaction was applied. */
export class RowConflict extends Error {
  /** The first operation that did not apply. */
  readonly index: number;
  readonly reason: 'exists' | 'missing' | 'changed';

  constructor(index: number, reason: RowConflict['reason']) {
    super(
      `Operation ${index} of the transaction did not apply: the row ${reason === 'changed' ? 'was changed' : `is ${reason === 'exists' ? 'there' : 'missing'}`}`,
    );
    this.name = 'RowConflict';
    this.index = index;
    this.reason = reason;
  }
}

/**
 * Where records live. Keys are 1 to 512 printable ASCII characters without `/ \ # ? % + ' "`: what Azure takes, less what
 * it decodes twice in a path, and ordered in the same way by every store. Rows of a partition are in the order of their
 * keys. Names of fields are `[A-Za-z][A-Za-z0-9_]*`, at most 255 characters, and not partitionKey, rowKey, timestamp or
 * etag in any case. An outage throws AppError STORE_UNAVAILABLE; a broken limit is a RangeError.
 */
export interface RecordStore {
  get(partition: string, row: string): Promise<Row | undefined>;
  /** Applies all or nothing and answers the new etags ('' for a delete). No row may be named twice. Throws RowConflict. */
  write(partition: string, operations: Operation[]): Promise<string[]>;
  /** Rows with `from <= row < to`, in order, at most `limit` (1 to 1000). The bounds need not be legal keys. */
  range(partition: string, query: { from?: string; to?: string; limit: number }): Promise<Row[]>;
  close(): Promise<void>;
}

/** What a queue carries: names of things, never material. */
export type Message = { [key: string]: Json };

export interface ReceivedMessage {
  id: string;
  body: Message;
  /** How often it was received, this time included. */
  dequeueCount: number;
  insertedAt: Date;
  /** Proves that whoever removes or releases it is the last one who received it. */
  receipt: string;
}

/** Azure Storage queues' limits, which every implementation enforces: https://learn.microsoft.com/rest/api/storageservices/put-message */
export const QUEUE_LIMITS = {
  /** UTF-8 bytes of a message's JSON text, which is 64 KiB in base64. */
  messageBytes: 48 * 1024,
  /** Messages of one answer. */
  receive: 32,
  /** The longest delay, and the longest time that a message can be hidden: 7 days. */
  seconds: 7 * 24 * 3600,
} as const;

/**
 * Queues of small messages: delivered at least once, in no promised order. A queue is there once it is named: 3 to 63
 * characters `[a-z0-9]`, in groups joined by one `-`. An outage throws AppError STORE_UNAVAILABLE; a broken limit is a
 * RangeError.
 */
export interface Queue {
  /** Becomes visible after `delaySeconds`, and is dropped if nobody has removed it 7 days after that. */
  send(queue: string, message: Message, options?: { delaySeconds?: number }): Promise<void>;
  /** At most `max` (1 to 32) messages; hides them from others for `visibilitySeconds` (at least 1). */
  receive(queue: string, options: { max: number; visibilitySeconds: number }): Promise<ReceivedMessage[]>;
  /** False if the receipt is no longer good: another one has received the message since. */
  remove(queue: string, message: Pick<ReceivedMessage, 'id' | 'receipt'>): Promise<boolean>;
  /** Makes it visible again after `visibilitySeconds`. Answers the new receipt, or undefined if the old one is no longer good. */
  release(
    queue: string,
    message: Pick<ReceivedMessage, 'id' | 'receipt'>,
    visibilitySeconds: number,
  ): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface SecretVersion {
  name: string;
  version: string;
  createdAt: Date;
  tags: Record<string, string>;
}

/** The largest value that every store takes: Key Vault's 25 KB. */
export const SECRET_BYTES = 25_000;

/** Tags that every store takes: Key Vault's 15 less what a store adds itself, and the lengths of AWS. */
export const SECRET_TAG_LIMITS = { tags: 10, nameLength: 128, valueLength: 256 } as const;

/**
 * Where material lives. Names are made by regcred (`[0-9a-z-]{1,127}`) and never used twice; tags are letters, digits,
 * spaces and `_ . : / = + - @`. A version's value never changes. An outage throws AppError STORE_UNAVAILABLE; a broken
 * limit, such as a value that is empty or over 25,000 bytes of UTF-8, is a RangeError.
 */
export interface SecretStore {
  /**
   * Idempotent by `operationId` (a UUID): the same call again answers the same version, the same id with another
   * value throws. So does a name that was removed. `tags` are the name's.
   */
  put(
    name: string,
    value: Secret,
    options: { operationId: string; expiresAt?: Date; tags: Record<string, string> },
  ): Promise<{ version: string }>;
  get(name: string, version: string): Promise<Secret | undefined>;
  /** The version that `operationId` wrote, if it did: what a crash between `put` and the record leaves to be found. */
  find(name: string, operationId: string): Promise<string | undefined>;
  /** The version is no longer used. `get` of it may then answer either way. Idempotent. */
  retire(name: string, version: string): Promise<void>;
  /** Removes the name, so that `restore` can bring it back. Idempotent, also for a name that was never there. */
  remove(name: string): Promise<void>;
  /**
   * Brings back what `remove` took. Idempotent; throws AppError SECRET_MISSING if there is nothing to bring back. A store
   * that takes its time answers STORE_UNAVAILABLE while it still removes or restores the name: come back later.
   */
  restore(name: string): Promise<void>;
  /** Ends what `remove` began. Absent where the store does that by itself after its own retention. */
  purge?(name: string): Promise<void>;
  /** What is there and not removed; never values. For a rare audit. */
  list(): AsyncIterable<SecretVersion>;
}
