import type { App } from './app.ts';
import { RECORD_LIMITS } from './ports.ts';

/** A row for each project that a sweep has seen declared. */
const PARTITION = 'projects';

/**
 * Every project that may have rows: those that the policy declares, and those that it declared once. Remembers the former.
 * What one that was dropped has stays as it is, for that may be a typing mistake; only what has a retention ends, there too.
 */
export async function knownProjects(app: App): Promise<string[]> {
  const known = new Set(await rememberedProjects(app));
  const declared = app.settings.policy.projects.map(({ name }) => name);
  for (const row of declared.filter((name) => !known.has(name)))
    await app.records.write(PARTITION, [{ kind: 'put', row, fields: { schemaVersion: 1 } }]);
  return [...new Set([...declared, ...known])];
}

async function rememberedProjects(app: App): Promise<string[]> {
  const names: string[] = [];
  for (let from = ''; ;) {
    const rows = await app.records.range(PARTITION, { from, limit: RECORD_LIMITS.page });
    names.push(...rows.map(({ row }) => row));
    const last = rows.at(-1);
    if (!last || rows.length < RECORD_LIMITS.page) return names;
    from = `${last.row}!`;
  }
}
