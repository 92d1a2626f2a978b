import type { z } from 'zod';
import { AppError, type FieldError } from './errors.ts';

/** How much of a caller's own field name an error repeats. */
const NAME_LENGTH = 64;

/** How many mistakes one answer lists. */
const MOST_ERRORS = 25;

type Issue = z.core.$ZodIssue;

/**
 * The parsed value, or INVALID_INPUT with one entry per mistake: where it is, a stable code and a hint. Values that
 * were given are never repeated. `pointer` is where `input` stands: '' for a body, '?' for a query.
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown, pointer: '' | '?' = ''): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue) => fieldErrors(issue, pointer)).slice(0, MOST_ERRORS);
  throw invalidFields(errors);
}

/** INVALID_INPUT whose detail names the first mistake. */
export function invalidFields(errors: FieldError[]): AppError {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new AppError(
    'INVALID_INPUT',
    first ? `${first.pointer || 'The body'}: ${first.detail}${more}` : 'The request is not valid.',
    {
      ...(first?.hint && { hint: first.hint }),
      errors,
    },
  );
}

function fieldErrors(issue: Issue, pointer: '' | '?'): FieldError[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(issue.path, key, pointer));
  if (issue.code === 'invalid_union') {
    const branch = issue.errors.find((issues) => issues.length > 0);
    if (branch) return branch.flatMap((inner) => fieldErrors({ ...inner, path: [...issue.path, ...inner.path] }, pointer));
  }
  return [{ pointer: jsonPointer(issue.path, pointer), ...explain(issue) }];
}

function unknownField(path: PropertyKey[], key: string, pointer: '' | '?'): FieldError {
  return {
    pointer: jsonPointer([...path, key], pointer),
    code: 'UNKNOWN_FIELD',
    detail: 'is not a field of this request',
    hint: 'Check its spelling, or leave it out.',
  };
}

function explain(issue: Issue): Omit<FieldError, 'pointer'> {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined && issue.message.endsWith('undefined'))
        return { code: 'REQUIRED', detail: 'is missing', hint: `Give a ${issue.expected}.` };
      return { code: 'WRONG_TYPE', detail: `must be a ${issue.expected}` };
    case 'too_big':
      return { code: 'TOO_LARGE', detail: `must be at most ${String(issue.maximum)}${unit(issue.origin)}` };
    case 'too_small':
      return { code: 'TOO_SMALL', detail: `must be at least ${String(issue.minimum)}${unit(issue.origin)}` };
    case 'invalid_value':
      return {
        code: 'NOT_ALLOWED',
        detail: 'is not one of the values that it may have',
        hint: `One of: ${issue.values.map(String).join(', ')}.`,
      };
    case 'invalid_format':
      return {
        code: 'WRONG_FORMAT',
        detail: issue.message.startsWith('Invalid') ? `is not a valid ${issue.format}` : issue.message,
      };
    default:
      return custom(issue);
  }
}

/** Our own refinements say code and hint in `params`. */
function custom(issue: Issue): Omit<FieldError, 'pointer'> {
  const { code, hint } = ('params' in issue ? (issue.params ?? {}) : {}) as { code?: string; hint?: string };
  return { code: code ?? 'INVALID', detail: issue.message, ...(hint && { hint }) };
}

function unit(origin: string): string {
  if (origin === 'string') return ' characters';
  if (origin === 'array' || origin === 'set' || origin === 'map' || origin === 'record' || origin === 'object') return ' entries';
  return '';
}

/** RFC 6901; in a query, the parameter's name after `?`. */
function jsonPointer(path: readonly PropertyKey[], pointer: '' | '?'): string {
  const parts = path.map((part) => String(part).slice(0, NAME_LENGTH).replaceAll('~', '~0').replaceAll('/', '~1'));
  return pointer === '?' ? `?${parts.join('.')}` : parts.map((part) => `/${part}`).join('');
}
