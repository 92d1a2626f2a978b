import { beforeEach } from 'vitest';

/** Lines of the log that a test wrote because it runs the app in its own process: they are shown if it fails. */
let held: string[] = [];

const write = process.stderr.write.bind(process.stderr);
process.stderr.write = (text: string | Uint8Array) => {
  if (typeof text !== 'string' || !text.startsWith('{"time":"')) return write(text);
  held.push(text);
  return true;
};

beforeEach(({ onTestFailed }) => {
  held = [];
  onTestFailed(() => {
    write(held.join(''));
  });
});
