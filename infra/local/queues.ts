import type { Queue, ReceivedMessage } from '../../shared/domain/ports.ts';
import { DAY, SECOND } from '../../shared/lib/clock.ts';
import { resolveBindingExpression } from './binding-expression.ts';
import type { Log } from './core-module.ts';
import type { LoadedFunction } from './functions.ts';
import type { QueueSettings } from './host-settings.ts';
import { describeError, type Input, type Invoker } from './invoke.ts';
import { pause } from './pause.ts';

export interface QueueListener {
  /** Takes no more messages, and waits for those that are being handled. */
  stop(): Promise<void>;
  /** Makes the messages whose functions are still running visible for the next one who asks. */
  giveBack(): Promise<void>;
}

export interface QueueListenerOptions {
  queue: Queue;
  settings: QueueSettings;
  invoker: Invoker;
  log: Log;
  /** How long a message is hidden while its function runs; renewed at half of it. */
  leaseSeconds: number;
  /** The longest wait between two looks at an empty queue. */
  idleMilliseconds: number;
}

const SHORTEST_WAIT_MILLISECONDS = 50;
const WAIT_AFTER_OUTAGE_MILLISECONDS = 5 * SECOND;

/** https://learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata */
const LONGEST_QUEUE_NAME = 63;

/**
 * Gives a queue's messages to its function, as the platform does: at most `batchSize + newBatchThreshold` at a time; a
 * message whose function fails comes again after `visibilityTimeout`, and goes to `<queue>-poison` after `maxDequeueCount`
 * attempts. A queue without a poison queue keeps a failed message hidden until its lease ends.
 */
export function listenToQueue(fn: LoadedFunction, options: QueueListenerOptions): QueueListener {
  const { queue, settings, invoker, log, leaseSeconds } = options;
  const { queueName = '' } = fn.trigger.settings as { queueName?: string };
  const name = resolveBindingExpression(queueName, fn.name);
  const poison = poisonQueueOf(name);
  const held = new Map<string, ReceivedMessage>();
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));

  async function poll(): Promise<void> {
    let wait = SHORTEST_WAIT_MILLISECONDS;
    while (!stopping.signal.aborted) {
      if (running.size > settings.newBatchThreshold) {
        await Promise.race([stopped, ...running]);
        continue;
      }
      const messages = await receive();
      for (const message of messages) start(message);
      if (messages.length > 0) wait = SHORTEST_WAIT_MILLISECONDS;
      else await pause(wait, stopping.signal);
      wait = Math.min(wait * 2, options.idleMilliseconds);
    }
  }

  async function receive(): Promise<ReceivedMessage[]> {
    try {
      return await queue.receive(name, { max: settings.batchSize, visibilitySeconds: leaseSeconds });
    } catch (error) {
      log(`${fn.name}: the queue "${name}" cannot be read: ${describeError(error)}`);
      await pause(WAIT_AFTER_OUTAGE_MILLISECONDS, stopping.signal);
      return [];
    }
  }

  function start(message: ReceivedMessage): void {
    held.set(message.id, message);
    const run: Promise<void> = handle(message)
      // The message stays hidden until its lease ends, and comes again.
      .catch((error: unknown) => log(`${fn.name}: message ${message.id} could not be settled: ${describeError(error)}`))
      .finally(() => {
        held.delete(message.id);
        running.delete(run);
      });
    running.add(run);
  }

  async function handle(message: ReceivedMessage): Promise<void> {
    // Arrived while the host was being stopped: nobody has seen it yet.
    if (stopping.signal.aborted) return void (await queue.release(name, message, 0));
    // Only a run that ended with its process leaves such a count behind; another one would end the same way.
    if (poison && message.dequeueCount > settings.maxDequeueCount) return await bury(message, poison);

    const ended = new AbortController();
    const lease = keepHidden(message, ended.signal);
    const outcome = await invoker.invoke(fn, messageInput(JSON.stringify(message.body), message, leaseSeconds));
    ended.abort();
    await lease;
    if (!held.has(message.id)) return;

    if (outcome.ok) await remove(message);
    else if (poison && message.dequeueCount >= settings.maxDequeueCount) await bury(message, poison);
    else if (poison) await queue.release(name, message, settings.visibilityTimeout);
  }

  async function keepHidden(message: ReceivedMessage, ended: AbortSignal): Promise<void> {
    while (await pause((leaseSeconds * SECOND) / 2, ended)) {
      try {
        const receipt = await queue.release(name, message, leaseSeconds);
        if (receipt === undefined) return;
        message.receipt = receipt;
      } catch (error) {
        log(`${fn.name}: message ${message.id} could not be kept hidden: ${describeError(error)}`);
      }
    }
  }

  async function bury(message: ReceivedMessage, poisonQueue: string): Promise<void> {
    await queue.send(poisonQueue, message.body);
    await remove(message);
    log(`${fn.name}: message ${message.id} went to "${poisonQueue}" after ${message.dequeueCount} attempts`);
  }

  async function remove(message: ReceivedMessage): Promise<void> {
    if (await queue.remove(name, message)) return;
    log(`${fn.name}: message ${message.id} was received by another one before it was done, and will be handled twice`);
  }

  const polling = poll();
  return {
    async stop() {
      stopping.abort();
      await polling;
      await Promise.all(running);
    },
    async giveBack() {
      const messages = [...held.values()];
      held.clear();
      for (const message of messages) await queue.release(name, message, 0);
    },
  };
}

/** What a queue function is given. Names as in https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#message-metadata */
export function messageInput(text: string, message: Omit<ReceivedMessage, 'body'>, leaseSeconds: number): Input {
  return {
    data: { string: text },
    triggerMetadata: {
      QueueTrigger: { string: text },
      Id: { json: JSON.stringify(message.id) },
      PopReceipt: { json: JSON.stringify(message.receipt) },
      DequeueCount: { json: JSON.stringify(message.dequeueCount) },
      InsertionTime: { json: JSON.stringify(message.insertedAt) },
      ExpirationTime: { json: JSON.stringify(new Date(message.insertedAt.getTime() + 7 * DAY)) },
      NextVisibleTime: { json: JSON.stringify(new Date(Date.now() + leaseSeconds * SECOND)) },
    },
  };
}

function poisonQueueOf(name: string): string | undefined {
  const poison = `${name}-poison`;
  return name.endsWith('-poison') || poison.length > LONGEST_QUEUE_NAME ? undefined : poison;
}
