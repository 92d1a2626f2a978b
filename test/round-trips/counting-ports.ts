import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { app } from '@azure/functions';
import type { Ports } from '../../shared/open-ports.ts';
import { countsLine, type Counts } from './counts.ts';

type Port = 'records' | 'queue' | 'secrets';

/** One run of a function. */
class Run {
  readonly #counts = { records: 0, queue: 0, secrets: 0, requests: {} as Record<string, number> };
  readonly #calls: { startedAt: number; endedAt: number }[] = [];

  async call(port: Port, make: () => unknown): Promise<unknown> {
    this.#counts[port] += 1;
    const startedAt = performance.now();
    try {
      return await make();
    } finally {
      this.#calls.push({ startedAt, endedAt: performance.now() });
    }
  }

  request(origin: string): void {
    this.#counts.requests[origin] = (this.#counts.requests[origin] ?? 0) + 1;
  }

  counts(): Counts {
    return { ...this.#counts, inTurn: this.#inTurn() };
  }

  /** The longest row of calls of which each began after the one before it had ended. */
  #inTurn(): number {
    let [length, lastEndedAt] = [0, -Infinity];
    for (const { startedAt, endedAt } of this.#calls.toSorted((a, b) => a.endedAt - b.endedAt)) {
      if (startedAt < lastEndedAt) continue;
      length += 1;
      lastEndedAt = endedAt;
    }
    return length;
  }
}

const running = new AsyncLocalStorage<Run>();

/** Ports whose calls are counted for the function that makes them, and so are the requests that it sends. */
export function countingPorts(ports: Ports): Ports {
  printRuns();
  countRequests();
  return {
    ...ports,
    records: counted('records', ports.records),
    queue: counted('queue', ports.queue),
    secretStore: async (name) => counted('secrets', await ports.secretStore(name)),
  };
}

function counted<T extends object>(port: Port, store: T): T {
  return new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function' || name === 'close') return member;
      return (...given: unknown[]): unknown => {
        const make = (): unknown => Reflect.apply(member, target, given);
        const run = running.getStore();
        return run ? run.call(port, make) : make();
      };
    },
  });
}

function printRuns(): void {
  app.hook.preInvocation((context) => {
    const { functionHandler, invocationContext } = context;
    context.functionHandler = async (...inputs) => {
      const run = new Run();
      try {
        return (await running.run(run, () => functionHandler(...inputs))) as unknown;
      } finally {
        console.log(countsLine(invocationContext.invocationId, run.counts()));
      }
    };
  });
}

/** Both doors to the network use undici; the clients of Azure Storage use Node's own. */
function countRequests(): void {
  subscribe('undici:request:create', (message) => {
    const { request } = message as { request: { origin: string } };
    running.getStore()?.request(request.origin);
  });
  subscribe('http.client.request.created', (message) => {
    const { request } = message as { request: { protocol: string; getHeader(name: 'host'): string } };
    running.getStore()?.request(`${request.protocol}//${request.getHeader('host')}`);
  });
}
