import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** `hh:mm:ss`, optionally with days before and a fraction after, in seconds. */
const TimeSpan = z
  .string()
  .regex(/^(?:\d+\.)?\d{1,2}:\d{2}:\d{2}(?:\.\d+)?$/, 'must be a time span such as "00:01:00"')
  .transform((text) => {
    const [days, clock] = /^\d+\.\d{1,2}:/.test(text) ? splitOnce(text, '.') : ['0', text];
    const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
    return Number(days) * 86_400 + hours * 3600 + minutes * 60 + seconds;
  });

/** https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue#host-json */
const Queues = z
  .object({
    batchSize: z.int().min(1).max(32).default(16),
    newBatchThreshold: z.int().min(0).optional(),
    maxDequeueCount: z.int().min(1).default(5),
    visibilityTimeout: TimeSpan.default(0),
    maxPollingInterval: TimeSpan.default(60),
  })
  .transform((queues) => ({ ...queues, newBatchThreshold: queues.newBatchThreshold ?? Math.floor(queues.batchSize / 2) }));

/** host.json, as far as it means something on one machine. Durations in seconds. */
const HostSettings = z.object({
  functionTimeout: z.union([z.literal('-1').transform(() => Number.POSITIVE_INFINITY), TimeSpan]).default(30 * 60),
  extensions: z
    .object({
      http: z.object({ routePrefix: z.string().default('api') }).prefault({}),
      queues: Queues.prefault({}),
    })
    .prefault({}),
});
export type HostSettings = z.infer<typeof HostSettings>;
export type QueueSettings = HostSettings['extensions']['queues'];

/** Throws an Error whose message names the file and the setting. */
export async function readHostSettings(root: string): Promise<HostSettings> {
  const path = join(root, 'host.json');
  const parsed = HostSettings.safeParse(await readJson(path));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${path}: ${issue?.path.join('.')}: ${issue?.message}`);
}

/** Throws an Error whose message names the file. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not valid JSON: ${(error as Error).message}`, { cause: error });
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}
