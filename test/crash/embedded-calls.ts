import type { Settings } from '../../shared/domain/settings.ts';
import type { Ports } from '../../shared/open-ports.ts';
import type { BeginCall } from './call-counter.ts';

/** Calls that leave everything as it was. */
const READS = new Set(['get', 'range', 'find', 'list']);

/** Tells of each call of a store that is embedded in this process. */
export function watchEmbedded(ports: Ports, { records, queue }: Settings, begin: BeginCall): Ports {
  const watched = <Port extends object>(prefix: string, port: Port): Port =>
    new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function' || typeof name !== 'string' || name === 'close') return member;
        return (...given: unknown[]): unknown => {
          const answered = begin({ name: `${prefix}.${name}`, changes: !READS.has(name) });
          const answer: unknown = Reflect.apply(member, target, given);
          // A listing answers at once, and not with a promise.
          if (answer instanceof Promise) return answer.finally(answered);
          answered();
          return answer;
        };
      },
    });
  return {
    ...ports,
    records: records === 'sqlite' ? watched('records', ports.records) : ports.records,
    queue: queue === 'sqlite' ? watched('queue', ports.queue) : ports.queue,
    secretStore: async (name) => {
      const store = await ports.secretStore(name);
      return name === 'local' ? watched('secrets', store) : store;
    },
  };
}
