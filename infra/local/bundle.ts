import { globSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** CommonJS libraries in an ES module still call `require`: for Node's own modules, and for `@azure/functions-core`. */
const REQUIRE = `import { createRequire as createRequireOfBundle } from 'node:module';
const require = createRequireOfBundle(import.meta.url);`;

/** zod's messages in fifty languages are a third of the shared code, and read at every cold start. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup(bundler) {
    bundler.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js'",
    }));
  },
};

/**
 * `import { z }` asks for all of zod as one object; by its namespace, what is not used is left out: two fifths of it, which
 * every cold start would read.
 */
const zodByName: Plugin = {
  name: 'zod-by-name',
  setup(bundler) {
    bundler.onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace("import { z } from 'zod';", "import * as z from 'zod';"),
      loader: 'ts',
    }));
  },
};

const MAIN = 'app.js';

/**
 * Makes the folder that is deployed from the app in `root`; what was in it is lost. All functions are one file, because a
 * cold start pays for every file that it reads; what is imported with `await import()` is a chunk, loaded only then. Names
 * stay as they are, for readable stacks.
 */
export async function bundleApp(root: string, target: string): Promise<void> {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  await build({
    absWorkingDir: root,
    stdin: { contents: importsOf(globSync('functions/*.ts', { cwd: root })), resolveDir: root, sourcefile: MAIN },
    outdir: target,
    entryNames: basename(MAIN, '.js'),
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    external: ['@azure/functions-core'],
    banner: { js: REQUIRE },
    plugins: [englishOnly, zodByName],
    legalComments: 'linked',
    logLevel: 'warning',
  });
  await cp(join(root, 'host.json'), join(target, 'host.json'));
  await writeFile(join(target, 'package.json'), await packageJson(root));
}

/** In the order in which the platform loads files that it finds itself. */
function importsOf(files: string[]): string {
  return files
    .toSorted()
    .map((file) => `import ${JSON.stringify(`./${file.replaceAll('\\', '/')}`)};`)
    .join('\n');
}

/** Nothing is installed where it is deployed: the bundle has all it needs. */
async function packageJson(root: string): Promise<string> {
  const { name, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  return `${JSON.stringify({ name, version, private: true, type: 'module', main: MAIN }, undefined, 2)}\n`;
}
