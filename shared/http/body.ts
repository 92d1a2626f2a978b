import type { HttpRequest } from '@azure/functions';
import { AppError, invalidInput } from '../lib/errors.ts';
import { invalidFields, jsonPointer, unknownField } from '../lib/parse-input.ts';

/** Objects and lists within each other that a body may have; ours need five. */
const DEEPEST = 32;

/** The body as JSON. Throws UNSUPPORTED_TYPE, TOO_LARGE or INVALID_INPUT; nothing of the body is ever repeated. */
export async function readJsonBody(request: HttpRequest, limitBytes: number): Promise<unknown> {
  const bytes = await readBytes(request, limitBytes);
  if (bytes.byteLength === 0) return undefined;
  requireJsonType(request.headers.get('content-type'));
  const body = parseJson(decode(bytes));
  requirePlain(body);
  return body;
}

async function readBytes(request: HttpRequest, limitBytes: number): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > limitBytes) throw tooLarge(limitBytes);
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.byteLength > limitBytes) throw tooLarge(limitBytes);
  return bytes;
}

function tooLarge(limitBytes: number): AppError {
  return new AppError('TOO_LARGE', `The body is larger than ${limitBytes / 1024} KiB.`, { hint: 'Send less at once.' });
}

function requireJsonType(contentType: string | null): void {
  const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json' || type === 'application/merge-patch+json') return;
  throw new AppError('UNSUPPORTED_TYPE', 'The body must be JSON.', { hint: 'Send the header content-type: application/json.' });
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalidInput('', 'NOT_UTF8', 'The body is not UTF-8.', 'Encode it as UTF-8.');
  }
}

/** The engine's own message quotes the body, which holds a secret: only the position is kept. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = /position \d+/.exec((error as Error).message)?.[0];
    throw invalidInput(
      '',
      'NOT_JSON',
      `The body is not valid JSON${position ? ` at ${position}` : ''}.`,
      'Check quotes, commas and braces.',
    );
  }
}

/**
 * Refuses what no request of ours has: deep nesting, a member called `__proto__`, which some code takes for the parent of
 * an object, and half a surrogate pair, which UTF-8 cannot write: it would be stored as another text than was given.
 * Without recursion, so that the nesting which it refuses cannot exhaust the stack here.
 */
function requirePlain(body: unknown): void {
  let level = [{ value: body, pointer: '' }];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEEPEST)
      throw invalidInput(
        '',
        'TOO_DEEP',
        `The body is nested more than ${DEEPEST} deep.`,
        'Send the fields as the documentation shows them.',
      );
    level = level.flatMap(members);
  }
}

function members({ value, pointer }: { value: unknown; pointer: string }): { value: unknown; pointer: string }[] {
  if (typeof value === 'string' && !value.isWellFormed()) throw notUnicode(pointer);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([name, member]) => {
    const path = `${pointer}${jsonPointer([name])}`;
    if (name === '__proto__') throw invalidFields([unknownField(path)]);
    if (!name.isWellFormed()) throw notUnicode(pointer);
    return { value: member as unknown, pointer: path };
  });
}

function notUnicode(pointer: string): AppError {
  return invalidInput(
    pointer,
    'NOT_UNICODE',
    'has half a surrogate pair, which is no character',
    'Type it by hand instead of pasting it.',
  );
}
