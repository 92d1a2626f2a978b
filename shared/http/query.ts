import type { HttpRequest } from '@azure/functions';
import type { z } from 'zod';
import { invalidFields, parseInput } from '../lib/parse-input.ts';

/**
 * The parameters of a request. Read from its address, because the platform joins repeated ones by commas. Throws
 * INVALID_INPUT, also for a parameter that comes twice: which one is meant nobody can tell.
 */
export function readQuery<Schema extends z.ZodType>(request: HttpRequest, schema: Schema): z.output<Schema> {
  const { searchParams } = new URL(request.url);
  const repeated = [...new Set(searchParams.keys())].filter((name) => searchParams.getAll(name).length > 1);
  if (repeated.length > 0) {
    throw invalidFields(
      repeated.map((name) => ({
        pointer: `?${name.slice(0, 64)}`,
        code: 'REPEATED',
        detail: 'is given more than once',
        hint: 'Give each parameter once.',
      })),
    );
  }
  return parseInput(schema, Object.fromEntries(searchParams), '?');
}
