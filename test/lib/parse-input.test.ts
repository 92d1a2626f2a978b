import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AppError, ERROR_CODES, invalidInput, type FieldError } from '../../shared/lib/errors.ts';
import { parseInput } from '../../shared/lib/parse-input.ts';

const Schema = z.strictObject({
  name: z.string().min(1).max(5),
  kind: z.enum(['a', 'b']).optional(),
  count: z.int().min(1).max(9).optional(),
  list: z.array(z.string()).max(2).optional(),
  labels: z.record(z.string().regex(/^[a-z/~]+$/, { message: 'is not a key' }), z.string()).optional(),
  at: z.iso.datetime().optional(),
  url: z.url().optional(),
  shape: z
    .discriminatedUnion('of', [z.strictObject({ of: z.literal('x'), n: z.number() }), z.strictObject({ of: z.literal('y') })])
    .optional(),
});

function mistakes(run: () => unknown): FieldError[] {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError && error.code === 'INVALID_INPUT') return error.details.errors ?? [];
    throw error;
  }
  return [];
}

describe('parseInput', () => {
  test('answers what was parsed', () => {
    expect(parseInput(Schema, { name: 'ok' })).toEqual({ name: 'ok' });
  });

  test.for<[object, string, string]>([
    [{}, '/name', 'REQUIRED'],
    [{ name: 7 }, '/name', 'WRONG_TYPE'],
    [{ name: null }, '/name', 'WRONG_TYPE'],
    [{ name: '' }, '/name', 'TOO_SMALL'],
    [{ name: 'canary' }, '/name', 'TOO_LARGE'],
    [{ name: 'x', kind: 'canary' }, '/kind', 'NOT_ALLOWED'],
    [{ name: 'x', count: 1.5 }, '/count', 'WRONG_TYPE'],
    [{ name: 'x', count: 10 }, '/count', 'TOO_LARGE'],
    [{ name: 'x', count: 0 }, '/count', 'TOO_SMALL'],
    [{ name: 'x', list: ['a', 'b', 'c'] }, '/list', 'TOO_LARGE'],
    [{ name: 'x', list: ['a', 1] }, '/list/1', 'WRONG_TYPE'],
    [{ name: 'x', labels: { 'a/b~c': 7 } }, '/labels/a~1b~0c', 'WRONG_TYPE'],
    [{ name: 'x', labels: { A: 'x' } }, '/labels/A', 'WRONG_FORMAT'],
    [{ name: 'x', at: 'canary' }, '/at', 'WRONG_FORMAT'],
    [{ name: 'x', url: 'canary' }, '/url', 'WRONG_FORMAT'],
    [{ name: 'x', shape: { of: 'canary' } }, '/shape/of', 'NOT_ALLOWED'],
    [{ name: 'x', shape: { of: 'x', n: 'canary' } }, '/shape/n', 'WRONG_TYPE'],
    [{ name: 'x', colour: 'canary' }, '/colour', 'UNKNOWN_FIELD'],
    [{ name: 'x', 'a/b': 'canary' }, '/a~1b', 'UNKNOWN_FIELD'],
    [[], '', 'WRONG_TYPE'],
  ])('says of %o where it is wrong, how, and what to do, without repeating what was given', ([input, pointer, code]) => {
    const found = mistakes(() => parseInput(Schema, input));

    expect(found).toContainEqual({ pointer, code, detail: expect.any(String), hint: expect.any(String) });
    expect(JSON.stringify(found)).not.toContain('canary');
  });

  test('names a parameter of a query by a question mark', () => {
    expect(mistakes(() => parseInput(Schema, {}, '?'))).toMatchObject([{ pointer: '?name' }]);
  });

  test('tells of every mistake at once, up to 25', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`field${at}`, at]));

    expect(mistakes(() => parseInput(Schema, { name: 7, count: 0 }))).toHaveLength(2);
    expect(mistakes(() => parseInput(Schema, { name: 'x', ...many }))).toHaveLength(25);
  });

  // A comparison of each with each takes a minute of the whole service.
  test('tells of a hundred thousand mistakes as of any', () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`field${at}`, at]));

    expect(mistakes(() => parseInput(Schema, { name: 'x', ...many }))).toHaveLength(25);
  });

  test('repeats of a long name only its beginning', () => {
    const [found] = mistakes(() => parseInput(Schema, { name: 'x', ['y'.repeat(5000)]: 1 }));

    expect(found?.pointer.length).toBeLessThan(100);
  });
});

describe('an AppError', () => {
  test.for(Object.entries(ERROR_CODES))('%s has a status that answers a request, and a title', ([code, { status, title }]) => {
    expect(new AppError(code as keyof typeof ERROR_CODES, 'x').status).toBe(status);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(title).not.toBe('');
  });

  test('keeps its cause for the log', () => {
    const cause = new Error('why');

    expect(new AppError('INTERNAL', 'It failed.', { cause }).cause).toBe(cause);
  });

  test('of one field names it', () => {
    expect(invalidInput('/url', 'HOST', 'has no host', 'Give one.').details).toEqual({
      hint: 'Give one.',
      errors: [{ pointer: '/url', code: 'HOST', detail: 'has no host', hint: 'Give one.' }],
    });
  });
});
