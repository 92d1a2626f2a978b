// Loaded before every program of this folder, by any Node there is, and therefore plain CommonJS: a Node that cannot run
// TypeScript must say so in one line rather than fail at the first type.
const { enableCompileCache } = require('node:module');
const { join } = require('node:path');

if (!process.features.typescript) {
  console.error(
    `regcred needs Node 22.18 or newer, and this is ${process.version}: install a newer one, or run "npm install" once more`,
  );
  process.exit(1);
}

// What was compiled once is read from there at the next start. In the project, because in a shared temporary folder it
// could be somebody else's.
enableCompileCache(join(__dirname, '../../node_modules/.cache/node-compile'));

// Names are looked up on the same few threads that files are written on, and a look-up that hangs holds its thread: four,
// Node's own number, would let four slow name servers stop every write.
process.env.UV_THREADPOOL_SIZE ??= '32';
