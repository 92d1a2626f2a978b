import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { QUEUE_LIMITS, type Message, type Queue, type ReceivedMessage } from '../../domain/ports.ts';
import { SECOND, systemClock, type Clock } from '../../lib/clock.ts';
import { openDatabase } from '../embedded-database.ts';
import { outageAsAppError } from '../outage.ts';
import { checkQueueName, checkReceiveCount, checkSeconds, messageText } from './limits.ts';

/** Times are milliseconds since 1970. */
const TABLES = {
  version: 1,
  sql: `CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    queue TEXT NOT NULL,
    body TEXT NOT NULL,
    inserted_at INTEGER NOT NULL,
    visible_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    dequeue_count INTEGER NOT NULL,
    receipt TEXT NOT NULL -- changes whenever the message is received or released
  ) STRICT;
  CREATE INDEX messages_by_visibility ON messages (queue, visible_at);
  CREATE INDEX messages_by_expiry ON messages (expires_at)`,
};

/**
 * Queues in a SQLite file, which several connections and processes may have open at once. Calls block the process while
 * the disk writes. Throws AppError STORE_UNAVAILABLE if the file cannot be used.
 */
export async function openSqliteQueue(file: string, clock: Clock = systemClock): Promise<Queue> {
  const database = await openDatabase(file, TABLES);
  const messages = messageStatements(database);
  return {
    send: async (queue, message, { delaySeconds = 0 } = {}) => {
      checkQueueName(queue);
      checkSeconds(delaySeconds, 0);
      const body = messageText(message);
      await outageAsAppError(() => messages.insert(queue, body, clock.now().getTime(), delaySeconds));
    },
    receive: async (queue, { max, visibilitySeconds }) => {
      checkQueueName(queue);
      checkReceiveCount(max);
      checkSeconds(visibilitySeconds, 1);
      return outageAsAppError(() => messages.take(queue, clock.now().getTime(), visibilitySeconds, max));
    },
    remove: async (queue, { id, receipt }) => {
      checkQueueName(queue);
      return outageAsAppError(() => messages.remove(queue, id, receipt));
    },
    release: async (queue, { id, receipt }, visibilitySeconds) => {
      checkQueueName(queue);
      checkSeconds(visibilitySeconds, 0);
      return outageAsAppError(() => messages.release(queue, id, receipt, clock.now().getTime() + visibilitySeconds * SECOND));
    },
    close: async () => database.close(),
  };
}

/** Each statement is prepared once, and each is a transaction of its own, so that no message goes to two receivers. */
function messageStatements(database: DatabaseSync) {
  const insert = database.prepare(
    `INSERT INTO messages (id, queue, body, inserted_at, visible_at, expires_at, dequeue_count, receipt)
     VALUES (?, ?, ?, ?, ?, ?, 0, '')`,
  );
  const expire = database.prepare('DELETE FROM messages WHERE expires_at <= ?');
  // A receipt is the receiver's random part and the message's id: one statement can then mark many messages.
  const take = database.prepare(
    `UPDATE messages SET visible_at = ?, dequeue_count = dequeue_count + 1, receipt = ? || id
     WHERE id IN (SELECT id FROM messages WHERE queue = ? AND visible_at <= ? ORDER BY visible_at LIMIT ?)
     RETURNING id, body, dequeue_count, inserted_at, receipt`,
  );
  const remove = database.prepare('DELETE FROM messages WHERE queue = ? AND id = ? AND receipt = ?');
  const release = database.prepare('UPDATE messages SET visible_at = ?, receipt = ? WHERE queue = ? AND id = ? AND receipt = ?');
  return {
    insert: (queue: string, body: string, now: number, delaySeconds: number) => {
      const visibleAt = now + delaySeconds * SECOND;
      insert.run(randomUUID(), queue, body, now, visibleAt, visibleAt + QUEUE_LIMITS.seconds * SECOND);
    },
    take: (queue: string, now: number, visibilitySeconds: number, max: number) => {
      expire.run(now);
      return take.all(now + visibilitySeconds * SECOND, `${randomUUID()}:`, queue, now, max).map(toMessage);
    },
    remove: (queue: string, id: string, receipt: string) => remove.run(queue, id, receipt).changes === 1,
    release: (queue: string, id: string, receipt: string, visibleAt: number) => {
      const next = randomUUID();
      return release.run(visibleAt, next, queue, id, receipt).changes === 1 ? next : undefined;
    },
  };
}

function toMessage(found: Record<string, unknown>): ReceivedMessage {
  return {
    id: String(found['id']),
    body: JSON.parse(String(found['body'])) as Message,
    dequeueCount: Number(found['dequeue_count']),
    insertedAt: new Date(Number(found['inserted_at'])),
    receipt: String(found['receipt']),
  };
}
