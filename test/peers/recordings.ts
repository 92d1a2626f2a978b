import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { RECORDINGS } from './need.ts';

const Exchange = z.object({
  request: z.object({
    method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']),
    url: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z.union([z.string(), z.record(z.string(), z.unknown()), z.null()]),
  }),
  response: z.object({ status: z.number(), headers: z.record(z.string(), z.string()), body: z.unknown() }),
});

/** A request to the real service and what it answered; hosts and secrets are placeholders. */
export type Exchange = z.output<typeof Exchange>;

/** A recording by folder and name. Throws where there are none: see `needs('recordings')`. */
export function readRecording(name: string): Exchange[] {
  return z.array(Exchange).parse(JSON.parse(readFileSync(join(RECORDINGS, `${name}.json`), 'utf8')));
}

/** What programs rely on in a body: its members, by name, and their types, and error codes as they are. */
export function shapeOf(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => shapeOf(item, name));
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(members.map(([name, member]) => [name, shapeOf(member, name)]));
  }
  return CODES.has(name) || value === null ? value : typeof value;
}

const CODES = new Set(['code', 'error', 'error_codes', 'Type', 'Name', 'Action']);
