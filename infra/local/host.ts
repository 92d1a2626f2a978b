import { resolve } from 'node:path';
import type { Queue } from '../../shared/domain/ports.ts';
import { SECOND } from '../../shared/lib/clock.ts';
import { provideCoreModule, type Log } from './core-module.ts';
import type { Cors } from './cors.ts';
import { loadFunctions, type LoadedFunction } from './functions.ts';
import { readHostSettings } from './host-settings.ts';
import { createRequestHandler } from './http.ts';
import { createInvoker } from './invoke.ts';
import { listen } from './listener.ts';
import { pause } from './pause.ts';
import { createRoutes } from './routes.ts';
import { startTriggers } from './triggers.ts';

export interface HostOptions {
  /** The app's folder, with host.json and package.json. */
  root: string;
  /** The glob of the function files, if it is not `main` of the package.json. */
  main?: string;
  /** 0 asks the system for one. */
  port: number;
  /** The queues behind every queue trigger. The caller closes it, after `stop`. */
  queue: Queue;
  /** Opens `/admin`, `/runtime` and functions above `anonymous`. */
  key: string;
  cors?: Cors;
  /** Takes one line: what functions log goes through as it is. */
  log: Log;
  /** Called when the address is known, before the app is loaded: what it must know of itself can be set here. */
  onListening?(url: string, port: number): Promise<void> | void;
  /** How long a queue message is hidden while its function runs; 10 minutes, as on the platform. */
  leaseSeconds?: number;
  /** The longest wait between two looks at an empty queue; `maxPollingInterval` of host.json. */
  idleMilliseconds?: number;
  /** How long `stop` waits for what is running, and then for the app's own end; 10 s. */
  stopMilliseconds?: number;
}

export interface Host {
  url: string;
  port: number;
  functions: LoadedFunction[];
  /** Ends the host: nothing new is begun, what runs may end, and the messages of what does not are given back. */
  stop(): Promise<void>;
}

/**
 * Runs a function app on 127.0.0.1, as the Functions host and its Node worker would. Once per process: the library binds
 * itself to the first host it meets. Requests that come while the app is loaded wait for it. Throws if the port is taken
 * (EADDRINUSE), and whatever the app throws while it loads.
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const { log, stopMilliseconds = 10 * SECOND } = options;
  const root = resolve(options.root);
  const settings = await readHostSettings(root);
  const registrations = provideCoreModule(log);
  const invoker = createInvoker(registrations, log, settings.functionTimeout);

  const listener = await listen(options.port);
  const { port } = listener;
  const url = `http://localhost:${port}`;

  try {
    await options.onListening?.(url, port);
    const functions = await loadFunctions(registrations, root, options.main);
    const routes = createRoutes(functions, settings.extensions.http.routePrefix);
    await invoker.runAppHooks('appStart', { functionAppDirectory: root });
    const triggers = startTriggers(functions, { ...options, settings: settings.extensions.queues, invoker });
    const { key, cors } = options;
    listener.serve(createRequestHandler({ port, routes, functions, invoker, start: triggers.start, key, cors, log }));

    return {
      url,
      port,
      functions,
      async stop() {
        await within(stopMilliseconds, Promise.all([listener.close(), triggers.stop().then(() => invoker.idle())]));
        listener.cut();
        await triggers.giveBack();
        await within(stopMilliseconds, invoker.runAppHooks('appTerminate'));
      },
    };
  } catch (error) {
    listener.cut();
    throw error;
  }
}

/** Waits for `work`, but no longer than the limit. */
async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  await Promise.race([work.finally(() => done.abort()), pause(milliseconds, done.signal)]);
}
