import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Binding } from './core-api.ts';
import type { RegisteredFunction, Registrations } from './core-module.ts';
import { readJson } from './host-settings.ts';

interface Trigger {
  /** The binding's name, under which the input is handed over. */
  binding: string;
  type: 'httpTrigger' | 'timerTrigger' | 'queueTrigger' | 'eventGridTrigger';
  settings: Binding;
}

export interface LoadedFunction extends RegisteredFunction {
  name: string;
  trigger: Trigger;
}

const TRIGGERS: Record<string, Trigger['type']> = {
  httptrigger: 'httpTrigger',
  timertrigger: 'timerTrigger',
  queuetrigger: 'queueTrigger',
  eventgridtrigger: 'eventGridTrigger',
};

/**
 * Imports an app's function files, in the order of their names, and answers what they registered, by name as the platform
 * sorts it. Throws, as the real worker does, if a file throws; and if a function has a binding that this host lacks.
 *
 * @param main the glob of the files; left out, `main` of the package.json in `root`.
 */
export async function loadFunctions(registrations: Registrations, root: string, main?: string): Promise<LoadedFunction[]> {
  const glob = main ?? (await mainOf(root));
  const files = globSync(glob, { cwd: root }).toSorted();
  if (files.length === 0) throw new Error(`No function file matches "${glob}" in ${root}`);
  for (const file of files) await importFile(join(root, file));

  const capabilities = await registrations.programmingModel().getCapabilities?.({});
  if (capabilities?.['HttpUri']) throw new Error('This host does not stream HTTP: leave enableHttpStream off');
  registrations.lock();
  return [...registrations.functions.values()].map(toLoadedFunction).toSorted(byName);
}

async function mainOf(root: string): Promise<string> {
  const path = join(root, 'package.json');
  const { main } = (await readJson(path)) as { main?: unknown };
  if (typeof main !== 'string') throw new Error(`${path} has no "main" that names the function files`);
  return main;
}

async function importFile(path: string): Promise<void> {
  try {
    await import(pathToFileURL(path).href);
  } catch (error) {
    throw new LoadError(path, error);
  }
}

/** A function file that could not be loaded: the message says which and why, the cause has the stack. */
export class LoadError extends Error {
  constructor(path: string, cause: unknown) {
    super(`${relative(process.cwd(), path)}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'LoadError';
  }
}

function toLoadedFunction({ metadata, callback }: RegisteredFunction): LoadedFunction {
  const { name } = metadata;
  let trigger: Trigger | undefined;
  for (const [binding, settings] of Object.entries(metadata.bindings)) {
    const type = TRIGGERS[settings.type.toLowerCase()];
    if (type) trigger = { binding, type, settings };
    // Left alone, an output would be lost without a word.
    else if (settings.type !== 'http') throw new Error(`Function "${name}": this host has no binding of type "${settings.type}"`);
  }
  if (!trigger) throw new Error(`Function "${name}" has no trigger`);
  return { name, metadata, callback, trigger };
}

function byName(a: LoadedFunction, b: LoadedFunction): number {
  const [left, right] = [a.name.toLowerCase(), b.name.toLowerCase()];
  return left < right ? -1 : left > right ? 1 : 0;
}
