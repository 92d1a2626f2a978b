import type { z } from 'zod';
import { AppError, type FieldError } from './errors.ts';

/** How much of a caller's own field name an error repeats. */
const NAME_LENGTH = 64;

/** How many mistakes one answer lists. */
const MOST_ERRORS = 25;

type Issue = z.core.$ZodIssue;

/**
 * The parsed value, or INVALID_INPUT with one entry per wrong field: where it is, a stable code and a hint. Values that
 * were given are never repeated. `pointer` is where `input` stands: '' for a body, '?' for a query; `nameOf` is what the
 * caller calls a field, where it is not the schema's name.
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  pointer: '' | '?' = '',
  nameOf: (field: string) => string = (field) => field,
): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({ ...issue, path: renamed(issue.path, nameOf) }));
  throw invalidFields(firstOfEach(issues.flatMap((issue) => fieldErrors(issue, pointer))).slice(0, MOST_ERRORS));
}

/** What is wrong with a field besides mostly follows from the first. */
function firstOfEach(errors: FieldError[]): FieldError[] {
  const first = new Map<string, FieldError>();
  for (const error of errors) if (!first.has(error.pointer)) first.set(error.pointer, error);
  return [...first.values()];
}

function renamed([field, ...rest]: readonly PropertyKey[], nameOf: (field: string) => string): PropertyKey[] {
  if (field === undefined) return [];
  return [typeof field === 'string' ? nameOf(field) : field, ...rest];
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

/** What is wrong with a field that the request does not have. */
export function unknownField(pointer: string): FieldError {
  return {
    pointer,
    code: 'UNKNOWN_FIELD',
    detail: 'is not a field of this request',
    hint: 'Check its spelling, or leave it out.',
  };
}

/** RFC 6901. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).slice(0, NAME_LENGTH).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function fieldErrors(issue: Issue, pointer: '' | '?'): FieldError[] {
  const nested = nestedIssues(issue);
  if (nested) return nested.flatMap((inner) => fieldErrors({ ...inner, path: [...issue.path, ...inner.path] }, pointer));
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(pointerTo([...issue.path, key], pointer)));
  return [{ pointer: pointerTo(issue.path, pointer), ...explain(issue) }];
}

/** Of a union the first branch that says what is wrong; of a record what is wrong with a name in it. */
function nestedIssues(issue: Issue): Issue[] | undefined {
  if (issue.code === 'invalid_key') return issue.issues;
  return issue.code === 'invalid_union' ? issue.errors.find((issues) => issues.length > 0) : undefined;
}

function explain(issue: Issue): Omit<FieldError, 'pointer'> {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue);
    case 'too_big':
      return {
        code: 'TOO_LARGE',
        detail: `must be at most ${String(issue.maximum)}${unit(issue.origin)}`,
        hint: issue.origin === 'number' || issue.origin === 'int' ? 'Give a smaller number.' : 'Give less.',
      };
    case 'too_small':
      return tooSmall(issue);
    case 'invalid_value':
      return notAllowed(issue.values);
    case 'invalid_union':
      return notAllowed('options' in issue && Array.isArray(issue.options) ? issue.options : []);
    case 'invalid_format':
      return {
        code: 'WRONG_FORMAT',
        detail: issue.message.startsWith('Invalid') ? `is not a valid ${issue.format}` : issue.message,
        hint: FORMATS[issue.format] ?? SEE_DOCUMENTATION,
      };
    default:
      return custom(issue);
  }
}

const SEE_DOCUMENTATION = 'GET /api/openapi.json shows how it is written.';

/** How people write them. */
const FORMATS: Record<string, string> = {
  datetime: 'Write it as 2030-01-31T12:00:00Z.',
  url: 'Write it as https://host/path.',
};

const TYPES: Record<string, string> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  nonoptional: 'a value',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a string',
};

function wrongType({ expected, message }: z.core.$ZodIssueInvalidType): Omit<FieldError, 'pointer'> {
  const type = TYPES[expected] ?? expected;
  const isMissing = message.endsWith('received undefined');
  return {
    code: isMissing ? 'REQUIRED' : 'WRONG_TYPE',
    detail: isMissing ? 'is missing' : `must be ${type}`,
    hint: `Give ${type}.`,
  };
}

function tooSmall({ minimum, origin }: z.core.$ZodIssueTooSmall): Omit<FieldError, 'pointer'> {
  const isEmpty = minimum === 1 && unit(origin) !== '';
  return {
    code: 'TOO_SMALL',
    detail: isEmpty ? 'must not be empty' : `must be at least ${String(minimum)}${unit(origin)}`,
    hint: isEmpty ? 'Give a value.' : 'Give more.',
  };
}

function notAllowed(values: readonly unknown[]): Omit<FieldError, 'pointer'> {
  return {
    code: 'NOT_ALLOWED',
    detail: 'is not one of the values that it may have',
    hint: `One of: ${values.map(String).join(', ')}.`,
  };
}

/** Our own refinements say code and hint in `params`. */
function custom(issue: Issue): Omit<FieldError, 'pointer'> {
  const { code, hint } = ('params' in issue ? (issue.params ?? {}) : {}) as { code?: string; hint?: string };
  return { code: code ?? 'INVALID', detail: issue.message, hint: hint ?? SEE_DOCUMENTATION };
}

function unit(origin: string): string {
  if (origin === 'string') return ' characters';
  if (origin === 'array' || origin === 'set' || origin === 'map' || origin === 'record' || origin === 'object') return ' entries';
  return '';
}

/** Into a body; in a query, the parameter's name after `?`. */
function pointerTo(path: readonly PropertyKey[], pointer: '' | '?'): string {
  return pointer === '?' ? `?${path.map((part) => String(part).slice(0, NAME_LENGTH)).join('.')}` : jsonPointer(path);
}
