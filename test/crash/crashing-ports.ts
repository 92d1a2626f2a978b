import { AsyncLocalStorage } from 'node:async_hooks';
import { app } from '@azure/functions';
import type { Ports } from '../../shared/open-ports.ts';
import { countedLine, type CrashPlan } from './crash-plan.ts';

/** The name of the function that runs. */
const running = new AsyncLocalStorage<string>();

/** Ports that end the process, as `kill -9` would, before or after a planned call. Each call that counts is printed first. */
export function crashingPorts(ports: Ports, plan: CrashPlan): Ports {
  knowRunningFunction();
  let calls = 0;
  const watched = <Port extends object>(prefix: string, port: Port): Port =>
    new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function' || typeof name !== 'string' || name === 'close') return member;
        return (...given: unknown[]): unknown => {
          if (running.getStore() !== plan.functionName) return Reflect.apply(member, target, given);
          calls += 1;
          const call = `${prefix}.${name}`;
          const isPlanned = plan.call === calls || plan.call === call;
          console.log(countedLine(calls, call));
          if (isPlanned && plan.moment === 'before') die();
          const answer: unknown = Reflect.apply(member, target, given);
          if (!isPlanned) return answer;
          // A listing answers at once, and not with a promise.
          return answer instanceof Promise ? answer.then(die) : die();
        };
      },
    });
  return {
    ...ports,
    records: watched('records', ports.records),
    queue: watched('queue', ports.queue),
    secretStore: async (name) => watched('secrets', await ports.secretStore(name)),
  };
}

function knowRunningFunction(): void {
  app.hook.preInvocation((context) => {
    const { functionHandler, invocationContext } = context;
    context.functionHandler = (...inputs) =>
      running.run(invocationContext.functionName, () => functionHandler(...inputs) as unknown);
  });
}

/** The system ends the process before this returns. */
function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('The process outlived SIGKILL');
}
