import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bundleApp } from '../../infra/local/bundle.ts';

/** Folders, built as what is deployed is built. */
export interface BuiltApps extends AsyncDisposable {
  regcred: string;
  /** Parts of regcred, beside functions that only measuring needs. */
  bench: string;
  /** One function that does nothing. */
  empty: string;
  /** A new folder that goes with the apps. */
  newFolder: () => Promise<string>;
}

export async function buildApps(): Promise<BuiltApps> {
  const folder = await mkdtemp(join(tmpdir(), 'regcred-bench-'));
  const build = async (name: string, root: string) => {
    await bundleApp(root, join(folder, name));
    return join(folder, name);
  };
  return {
    regcred: await build('regcred', resolve(import.meta.dirname, '../..')),
    bench: await build('bench', join(import.meta.dirname, 'app')),
    empty: await build('empty', join(import.meta.dirname, 'empty-app')),
    newFolder: () => mkdtemp(join(folder, 'data-')),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
