import { LoadError } from './functions.ts';

/**
 * Runs a program. What it throws for whoever started it becomes one line (a configuration: one for each mistake) and exit
 * code 1; a defect keeps its stack.
 */
export async function main(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    console.error(explain(error));
    process.exit(1);
  }
}

function explain(error: unknown): string {
  const cause = error instanceof LoadError ? error.cause : error;
  if (!(cause instanceof Error)) return `regcred: ${String(cause)}`;
  if (cause instanceof TypeError || cause instanceof ReferenceError || cause instanceof SyntaxError)
    return `regcred: ${cause.stack}`;
  return cause.message
    .split('\n')
    .map((line) => `regcred: ${line}`)
    .join('\n');
}
