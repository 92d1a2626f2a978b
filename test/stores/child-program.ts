import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ChildProgram extends AsyncDisposable {
  /** Line by line, until it ends. */
  lines: AsyncIterable<string>;
  /** As the power button would: no handler of it runs. */
  kill(): Promise<void>;
}

/** Starts a program of the tests; `shell` may narrow what it gets before it runs `"$@"`. It ends with the block. */
export function startChild(program: URL, args: string[], shell = 'exec "$@"'): ChildProgram {
  const child = spawn('sh', ['-c', shell, 'sh', process.execPath, fileURLToPath(program), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return {
    lines: createInterface({ input: child.stdout }),
    kill: () => kill(child),
    [Symbol.asyncDispose]: () => kill(child),
  };
}

/** The next line of a program. */
export async function nextLine(child: ChildProgram): Promise<string> {
  for await (const line of child.lines) return line;
  throw new Error('The program ended without a line');
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
