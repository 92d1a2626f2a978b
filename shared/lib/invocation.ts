import { AsyncLocalStorage } from 'node:async_hooks';

/** One run of a function: its id for logs and problems, where its lines go, and the secrets that passed through it. */
export interface Invocation {
  requestId: string;
  write(level: LogLevel, line: string): void;
  secrets: Set<string>;
}

export type LogLevel = 'info' | 'warn' | 'error';

const current = new AsyncLocalStorage<Invocation>();

export function runInvocation<T>(invocation: Omit<Invocation, 'secrets'>, run: () => T): T {
  return current.run({ ...invocation, secrets: new Set() }, run);
}

export function currentInvocation(): Invocation | undefined {
  return current.getStore();
}

/** Remembers a secret for the redactor, for as long as this invocation lives. */
export function noteSecret(value: string): void {
  current.getStore()?.secrets.add(value);
}
