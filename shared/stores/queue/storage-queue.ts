import { QUEUE_LIMITS, type Message, type Queue, type ReceivedMessage } from '../../domain/ports.ts';
import { managedIdentity } from '../../identity/azure.ts';
import type { StorageAccount } from '../../lib/storage-account.ts';
import { CALL_LIMIT, refusalCode, storageOutageAsAppError } from '../azure/storage-failure.ts';
import { checkQueueName, checkReceiveCount, checkSeconds, messageText } from './limits.ts';

const ROLE = 'Storage Queue Data Contributor';

/** Milliseconds. The SDK tries again when the service is busy or the connection breaks. */
const RETRIES = { maxTries: 4, retryDelayInMs: 250, maxRetryDelayInMs: 2000 };

/** The receipt is not the last, or the message is gone. */
const NO_LONGER_GOOD = new Set(['MessageNotFound', 'PopReceiptMismatch']);

/**
 * Queues of an Azure storage account. Bodies are JSON in base64, as the platform's queue triggers want them. A message
 * whose answer was lost is sent again: at least once is what the port promises.
 */
export async function openStorageQueue(account: StorageAccount): Promise<Queue> {
  const service = await connect(account);
  const isMade = new Map<string, Promise<unknown>>();

  /** Runs `run` on a queue; makes the queue first if that was not done yet, or if somebody took it away. */
  const onQueue = <T>(name: string, run: (queue: ReturnType<typeof service.getQueueClient>, signal: AbortSignal) => Promise<T>) =>
    storageOutageAsAppError(ROLE, async () => {
      const queue = service.getQueueClient(name);
      const signal = AbortSignal.timeout(CALL_LIMIT);
      const make = () => queue.createIfNotExists({ abortSignal: signal });
      try {
        if (!isMade.has(name)) isMade.set(name, make());
        await isMade.get(name);
        return await run(queue, signal);
      } catch (error) {
        isMade.delete(name);
        if (refusalCode(error) !== 'QueueNotFound') throw error;
        await make();
        return run(queue, signal);
      }
    });

  return {
    send: async (name, message, { delaySeconds = 0 } = {}) => {
      checkQueueName(name);
      checkSeconds(delaySeconds, 0);
      const body = Buffer.from(messageText(message)).toString('base64');
      const options = { visibilityTimeout: delaySeconds, messageTimeToLive: delaySeconds + QUEUE_LIMITS.seconds };
      await onQueue(name, (queue, abortSignal) => queue.sendMessage(body, { ...options, abortSignal }));
    },
    receive: async (name, { max, visibilitySeconds }) => {
      checkQueueName(name);
      checkReceiveCount(max);
      checkSeconds(visibilitySeconds, 1);
      const options = { numberOfMessages: max, visibilityTimeout: visibilitySeconds };
      const answer = await onQueue(name, (queue, abortSignal) => queue.receiveMessages({ ...options, abortSignal }));
      return answer.receivedMessageItems.map(toMessage);
    },
    remove: async (name, { id, receipt }) => {
      checkQueueName(name);
      const removed = await onQueue(name, (queue, abortSignal) =>
        unlessNoLongerGood(queue.deleteMessage(id, receipt, { abortSignal })),
      );
      return removed !== undefined;
    },
    release: async (name, { id, receipt }, visibilitySeconds) => {
      checkQueueName(name);
      checkSeconds(visibilitySeconds, 0);
      const released = await onQueue(name, (queue, abortSignal) =>
        unlessNoLongerGood(queue.updateMessage(id, receipt, undefined, visibilitySeconds, { abortSignal })),
      );
      return released?.popReceipt;
    },
    // Nothing is held but connections that the process shares.
    close: async () => {},
  };
}

async function connect(account: StorageAccount) {
  // The SDK is loaded only where it is used.
  const { QueueServiceClient } = await import('@azure/storage-queue');
  const options = { retryOptions: RETRIES };
  if ('connectionString' in account) return QueueServiceClient.fromConnectionString(account.connectionString, options);
  const url = `https://${account.accountName}.queue.core.windows.net`;
  return new QueueServiceClient(url, await managedIdentity(account.clientId), options);
}

async function unlessNoLongerGood<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (NO_LONGER_GOOD.has(refusalCode(error))) return undefined;
    throw error;
  }
}

interface StoredMessage {
  messageId: string;
  messageText: string;
  dequeueCount: number;
  insertedOn: Date;
  popReceipt: string;
}

function toMessage({ messageId, messageText, dequeueCount, insertedOn, popReceipt }: StoredMessage): ReceivedMessage {
  const body = JSON.parse(Buffer.from(messageText, 'base64').toString()) as Message;
  return { id: messageId, body, dequeueCount, insertedAt: insertedOn, receipt: popReceipt };
}
