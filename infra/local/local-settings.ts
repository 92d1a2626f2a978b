import { existsSync } from 'node:fs';
import { z } from 'zod';
import type { Cors } from './cors.ts';
import { readJson } from './host-settings.ts';

export interface LocalSettings {
  values: Record<string, string>;
  cors?: Cors;
}

const LocalSettingsFile = z.object({
  Values: z.record(z.string(), z.string()).default({}),
  Host: z.object({ CORS: z.string().optional(), CORSCredentials: z.boolean().default(false) }).optional(),
});

/**
 * local.settings.json, if there is one. Throws an Error whose message names the file and the setting.
 *
 * https://learn.microsoft.com/azure/azure-functions/functions-develop-local#local-settings-file
 */
export async function readLocalSettings(path: string): Promise<LocalSettings> {
  const parsed = LocalSettingsFile.safeParse(existsSync(path) ? await readJson(path) : {});
  if (!parsed.success) throw new Error(`${path}: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`);
  const { Values, Host } = parsed.data;
  const origins = Host?.CORS?.split(',').map((origin) => origin.trim().replace(/\/$/, '')) ?? [];
  if (origins.includes('*') && Host?.CORSCredentials) throw new Error(`${path}: Host.CORSCredentials needs origins, not "*"`);
  return {
    values: Values,
    ...(Host && origins.some(Boolean) && { cors: { origins: origins.filter(Boolean), credentials: Host.CORSCredentials } }),
  };
}
