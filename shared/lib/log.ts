import { currentInvocation, type LogLevel } from './invocation.ts';
import { redactFields, redactText } from './redact.ts';

/** Fields of a line. Values are plain data; an Error is written with its causes. */
export type LogFields = Record<string, unknown>;

/** One structured line, as JSON, through the redactor, to wherever the running function's lines go. */
export function log(level: LogLevel, event: string, fields: LogFields = {}): void {
  const invocation = currentInvocation();
  const line = { time: new Date().toISOString(), level, event, requestId: invocation?.requestId, ...plain(fields) };
  const text = redactText(JSON.stringify(redactFields(line)), invocation?.secrets ?? []);
  if (invocation) invocation.write(level, text);
  else process.stderr.write(`${text}\n`);
}

function plain(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? describe(value) : value]),
  );
}

/** Name, message, code and the first lines of the stack, through all causes. */
function describe(error: Error, depth = 0): LogFields {
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' && { code }),
    stack: error.stack
      ?.split('\n')
      .slice(1, 6)
      .map((frame) => frame.trim()),
    ...(error.cause instanceof Error && depth < 5 && { cause: describe(error.cause, depth + 1) }),
  };
}
