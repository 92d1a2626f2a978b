import type { z } from 'zod';
import { parseJson } from '../lib/parse-json.ts';
import type { Answer } from '../net/exchange.ts';

/** What an API answered, as far as the schema knows it; undefined if that is no JSON, or something else. */
export function readAnswer<Schema extends z.ZodType>(schema: Schema, { body }: Answer): z.output<Schema> | undefined {
  return schema.safeParse(parseJson(body)).data;
}
