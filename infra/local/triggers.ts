import { randomUUID } from 'node:crypto';
import type { Queue, ReceivedMessage } from '../../shared/domain/ports.ts';
import { SECOND } from '../../shared/lib/clock.ts';
import type { Log } from './core-module.ts';
import type { LoadedFunction } from './functions.ts';
import type { QueueSettings } from './host-settings.ts';
import type { Input, Invoker } from './invoke.ts';
import { listenToQueue, messageInput } from './queues.ts';
import { startTimer, type Timer } from './timers.ts';

export interface TriggerOptions {
  queue: Queue;
  settings: QueueSettings;
  invoker: Invoker;
  log: Log;
  leaseSeconds?: number;
  idleMilliseconds?: number;
}

/** The triggers that begin runs by themselves: timers and queues. */
export interface Triggers {
  /** Runs a function now, whatever its trigger waits for. Never throws; the log has what failed. */
  start: (fn: LoadedFunction, input: string) => void;
  /** Begins nothing more, and waits for the messages that are being handled. */
  stop(): Promise<void>;
  /** Gives the messages of functions that are still running back to their queues. */
  giveBack(): Promise<void>;
}

const TEN_MINUTES_IN_SECONDS = 600;

export function startTriggers(functions: LoadedFunction[], options: TriggerOptions): Triggers {
  const {
    settings,
    invoker,
    leaseSeconds = TEN_MINUTES_IN_SECONDS,
    idleMilliseconds = settings.maxPollingInterval * SECOND,
  } = options;
  const timers = new Map<LoadedFunction, Timer>();
  for (const fn of ofType('timerTrigger')) timers.set(fn, startTimer(fn, invoker));
  const listeners = ofType('queueTrigger').map((fn) => listenToQueue(fn, { ...options, leaseSeconds, idleMilliseconds }));

  function ofType(type: LoadedFunction['trigger']['type']): LoadedFunction[] {
    return functions.filter(({ trigger }) => trigger.type === type);
  }

  return {
    start(fn, input) {
      const timer = timers.get(fn);
      void (timer ? timer.run() : invoker.invoke(fn, manualInput(fn, input)));
    },
    async stop() {
      for (const timer of timers.values()) timer.stop();
      await Promise.all(listeners.map((listener) => listener.stop()));
    },
    async giveBack() {
      await Promise.all(listeners.map((listener) => listener.giveBack()));
    },
  };
}

/** A message that was never in a queue, or an event that was never sent. */
function manualInput({ trigger }: LoadedFunction, input: string): Input {
  if (trigger.type !== 'queueTrigger') return { data: { string: input } };
  const message: Omit<ReceivedMessage, 'body'> = {
    id: randomUUID(),
    receipt: randomUUID(),
    dequeueCount: 1,
    insertedAt: new Date(),
  };
  return messageInput(input, message, TEN_MINUTES_IN_SECONDS);
}
