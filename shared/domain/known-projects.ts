import type { App } from './app.ts';
import { pagesOf } from './pages-of.ts';

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
  for await (const rows of pagesOf(app, PARTITION)) names.push(...rows.map(({ row }) => row));
  return names;
}
