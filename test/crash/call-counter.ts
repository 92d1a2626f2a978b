import { AsyncLocalStorage } from 'node:async_hooks';
import { app } from '@azure/functions';
import { countedLine, endedLine, type Call, type Control } from './crash-plan.ts';

/** To be asked when a call begins, and to be told when it was answered. */
export type BeginCall = (call: Call) => () => void;

/**
 * Counts the calls that the planned function makes from the moment of the plan on, prints each of them, and ends the
 * process, as `kill -9` would, before or after the planned one.
 */
export function countCalls(readControl: () => Control): BeginCall {
  const running = new AsyncLocalStorage<string>();
  let known = '';
  let calls = 0;

  app.hook.preInvocation((context) => {
    const { functionHandler, invocationContext } = context;
    const { functionName } = invocationContext;
    context.functionHandler = async (...inputs) => {
      try {
        return (await running.run(functionName, () => functionHandler(...inputs))) as unknown;
      } finally {
        console.log(endedLine(functionName));
      }
    };
  });

  return (call) => {
    const { plan } = readControl();
    if (!plan || running.getStore() !== plan.functionName) return () => {};
    const text = JSON.stringify(plan);
    calls = text === known ? calls + 1 : 1;
    known = text;
    const isPlanned = plan.call === calls || plan.call === call.name;
    console.log(countedLine(call));
    if (isPlanned && plan.moment === 'before') die();
    return isPlanned ? die : () => {};
  };
}

/** The system ends the process before this returns. */
function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('The process outlived SIGKILL');
}
