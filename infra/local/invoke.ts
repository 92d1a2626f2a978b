import { randomUUID } from 'node:crypto';
import { SECOND } from '../../shared/lib/clock.ts';
import { redactText } from '../../shared/lib/redact.ts';
import type {
  CoreInvocationContext,
  HookContext,
  HookName,
  InvocationRequest,
  InvocationResponse,
  TypedData,
} from './core-api.ts';
import { isWorthALine, type Log, type Registrations } from './core-module.ts';
import type { LoadedFunction } from './functions.ts';

export interface Input {
  data: TypedData;
  triggerMetadata?: Record<string, TypedData>;
  traceContext?: InvocationRequest['traceContext'];
}

/** Node fires a longer one at once. */
const LONGEST_TIMER_MILLISECONDS = 2 ** 31 - 1;

/** What a run came to. The log has the error already. */
type Outcome = { ok: true; response: InvocationResponse } | { ok: false; error: unknown };

/** Runs functions the way the worker does: arguments, hooks, handler and answer all come from the library's own model. */
export interface Invoker {
  /** Never throws. */
  invoke(fn: LoadedFunction, input: Input): Promise<Outcome>;
  runAppHooks(name: 'appStart' | 'appTerminate', members?: Record<string, unknown>): Promise<void>;
  /** Settles once no function runs any more. */
  idle(): Promise<void>;
}

/** @param timeoutSeconds what host.json allows one run; a handler that goes on after it is no longer waited for. */
export function createInvoker(registrations: Registrations, log: Log, timeoutSeconds: number): Invoker {
  const running = new Set<Promise<unknown>>();
  const appHookData = {};
  const hookDataOfApp = {};

  async function runHooks(name: HookName, context: Record<string, unknown>, hookData: Record<string, unknown>): Promise<void> {
    // One object for all, because a hook may replace what is in it.
    const shared: HookContext = Object.assign(context, { hookData, appHookData });
    for (const hook of registrations.hooks[name]) await hook(shared);
  }

  async function run(fn: LoadedFunction, input: Input): Promise<InvocationResponse> {
    const core = coreContext(fn, input, registrations, log);
    const model = await registrations.programmingModel().getInvocationModel(core);
    const { context, inputs } = await model.getArguments();
    const hookData = {};

    const before = { invocationContext: context, functionCallback: fn.callback, inputs };
    core.state = 'preInvocationHooks';
    await runHooks('preInvocation', before, hookData);

    const after = { invocationContext: context, inputs: before.inputs, result: null as unknown, error: null as unknown };
    core.state = 'invocation';
    try {
      after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
    } catch (error) {
      after.error = error ?? new Error('The function threw nothing');
    }

    core.state = 'postInvocationHooks';
    await runHooks('postInvocation', after, hookData);
    core.state = undefined;

    if (after.error !== null && after.error !== undefined) throw after.error;
    return await model.getResponse(context, after.result);
  }

  return {
    async invoke(fn, input) {
      const startedAt = performance.now();
      const result = withLimit(run(fn, input), timeoutSeconds);
      running.add(result);
      try {
        return { ok: true, response: await result };
      } catch (error) {
        log(`${fn.name}: failed after ${Math.round(performance.now() - startedAt)} ms: ${describeError(error)}`);
        return { ok: false, error };
      } finally {
        running.delete(result);
      }
    },
    runAppHooks: (name, members = {}) => runHooks(name, { ...members }, hookDataOfApp),
    async idle() {
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}

/** One line: what failed, and the frames of the app itself, because where it failed is what a person looks for first. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const frames = error.stack?.split('\n').filter((line) => /^\s+at (?!.*(?:node_modules|node:|<anonymous>))/.test(line)) ?? [];
  const line = [`${error.name}: ${error.message}`, ...frames.slice(0, 5)].join(' ');
  return redactText(line.replaceAll(/\s+/g, ' '), []);
}

function coreContext(fn: LoadedFunction, input: Input, registrations: Registrations, log: Log): CoreInvocationContext {
  const invocationId = randomUUID();
  const { data, triggerMetadata = {}, traceContext } = input;
  return {
    invocationId,
    metadata: fn.metadata,
    request: {
      invocationId,
      functionId: fn.metadata.functionId ?? fn.name,
      inputData: [{ name: fn.trigger.binding, data }],
      triggerMetadata,
      ...(traceContext && { traceContext }),
    },
    log(level, category, message) {
      if (category !== 'user' && !isWorthALine(level)) return;
      const context = { level, category, message, hookData: {} };
      if (category === 'user') for (const hook of registrations.hooks.log) hook(context);
      log(context.message);
    },
  };
}

async function withLimit<T>(work: Promise<T>, seconds: number): Promise<T> {
  const { promise: limit, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`It ran into the functionTimeout of host.json (${seconds} s)`)),
    Math.min(seconds * SECOND, LONGEST_TIMER_MILLISECONDS),
  );
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
