import Module from 'node:module';
import type {
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  HookName,
  LogCategory,
  LogLevel,
  ProgrammingModel,
} from './core-api.ts';

export type Log = (line: string) => void;

export interface RegisteredFunction {
  metadata: FunctionMetadata;
  callback: FunctionCallback;
}

/** Everything an app has told its host while its files were loaded. */
export interface Registrations {
  readonly functions: Map<string, RegisteredFunction>;
  readonly hooks: Record<HookName, HookCallback[]>;
  programmingModel(): ProgrammingModel;
  /** Ends start-up: registering a function throws from here on. */
  lock(): void;
}

const CORE_MODULE = '@azure/functions-core';

/** A worker and a host that know all hooks, also `log` (4.34) and `coreApi.log` (4.28), which the library asks for. */
const WORKER_VERSION = '3.13.0';
const HOST_VERSION = '4.1044.0';

/**
 * Provides `@azure/functions-core` to `require`, the way the real worker does it, so that an app which runs here finds it
 * there as well. Once per process, before the app loads: the library keeps the first module it gets.
 */
export function provideCoreModule(log: Log): Registrations {
  const functions = new Map<string, RegisteredFunction>();
  const hooks: Registrations['hooks'] = { appStart: [], appTerminate: [], preInvocation: [], postInvocation: [], log: [] };
  let model: ProgrammingModel | undefined;
  let locked = false;

  const coreModule = {
    version: WORKER_VERSION,
    hostVersion: HOST_VERSION,
    Disposable,
    setProgrammingModel: (chosen: ProgrammingModel) => void (model = chosen),
    getProgrammingModel: () => model,
    registerFunction(metadata: FunctionMetadata, callback: FunctionCallback) {
      if (locked) throw new Error(`Function "${metadata.name}" cannot be registered: this is possible only while the app starts`);
      const id = metadata.functionId ?? metadata.name;
      if (functions.has(id)) throw new Error(`A function with the name "${id}" is registered already`);
      functions.set(id, { metadata: { ...metadata, functionId: id }, callback });
      return new Disposable(() => functions.delete(id));
    },
    registerHook(name: string, callback: HookCallback) {
      if (!isHookName(name, hooks)) throw new RangeError(`Unrecognized hook "${name}"`);
      hooks[name].push(callback);
      return new Disposable(() => (hooks[name] = hooks[name].filter((other) => other !== callback)));
    },
    log(level: LogLevel, _category: LogCategory, message: string) {
      if (isWorthALine(level)) log(message);
    },
  };
  answerRequire(coreModule);

  return {
    functions,
    hooks,
    programmingModel() {
      if (!model) throw new Error('The app registers no function: does it import @azure/functions?');
      return model;
    },
    lock: () => void (locked = true),
  };
}

/** The library's own lines below this level tell of its inner life only. */
export function isWorthALine(level: LogLevel): boolean {
  return level === 'warning' || level === 'error' || level === 'critical';
}

/** `createRequire`, and the `require` of a CommonJS module that was imported, both end here. */
function answerRequire(coreModule: object): void {
  // The proxy keeps `this`.
  // oxlint-disable-next-line typescript/unbound-method
  Module.prototype.require = new Proxy(Module.prototype.require, {
    apply: (target, self, args: [string]) => (args[0] === CORE_MODULE ? coreModule : Reflect.apply(target, self, args)),
  });
}

function isHookName(name: string, hooks: Registrations['hooks']): name is HookName {
  return Object.hasOwn(hooks, name);
}

/** Part of the module's interface: what registering returns. */
class Disposable {
  static from(...parts: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => parts.forEach((part) => part.dispose()));
  }

  #callOnDispose: (() => unknown) | undefined;

  constructor(callOnDispose: () => unknown) {
    this.#callOnDispose = callOnDispose;
  }

  dispose(): unknown {
    const call = this.#callOnDispose;
    this.#callOnDispose = undefined;
    return call?.();
  }
}
