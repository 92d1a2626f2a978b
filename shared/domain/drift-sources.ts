import { setTimeout as rest } from 'node:timers/promises';
import { z } from 'zod';
import { after, DAY, HOUR } from '../lib/clock.ts';
import { AppError } from '../lib/errors.ts';
import { findProject, secretStoreName, type App } from './app.ts';
import type { Claim } from './find-drift.ts';
import { jobsSince } from './job.ts';
import { pagesOf } from './pages-of.ts';
import { SecretStoreName } from './policy.ts';
import type { SecretVersion } from './ports.ts';
import { CREDENTIALS, projectPartition, rowsFrom } from './rows.ts';
import { dueUntil } from './schedule.ts';

/** Milliseconds that a listing rests after so many versions: others use the store, too. */
const REST = 250;
const VERSIONS_BEFORE_REST = 100;

/** How far ahead lies what tidies up after a change or an import. */
const TIDIED_WITHIN = HOUR;

/** All that drift needs of a record, also of one that another version of regcred wrote. */
const PointingRecord = z.object({
  id: z.string(),
  updatedAt: z.string(),
  deletedAt: z.string().optional(),
  active: z.object({ secret: z.object({ store: SecretStoreName, name: z.string(), version: z.string() }) }),
});

/** What the records of a project say of secrets. */
export async function readClaims(app: App, project: string): Promise<Claim[]> {
  const claims: Claim[] = [];
  for await (const rows of pagesOf(app, projectPartition(project), rowsFrom(CREDENTIALS))) {
    for (const { fields } of rows) {
      // One without material points to nothing.
      const { data } = PointingRecord.safeParse(fields);
      if (!data) continue;
      const { id, active, updatedAt, deletedAt } = data;
      claims.push({ id, secret: active.secret, updatedAt, ...(deletedAt && { deletedAt }) });
    }
  }
  return claims;
}

/** The stores in which a project's secrets should be. */
export function storesOf(app: App, name: string, claims: Claim[]): SecretStoreName[] {
  const project = findProject(app, name);
  return [...new Set([...(project ? [secretStoreName(app, project)] : []), ...claims.map(({ secret }) => secret.store)])];
}

/** The versions that a store has of a project, by their tags. Throws STORE_UNAVAILABLE, also if `isOver` says so meanwhile. */
export async function listProject(
  app: App,
  { project, store, isOver }: { project: string; store: SecretStoreName; isOver: () => boolean },
): Promise<SecretVersion[]> {
  const found: SecretVersion[] = [];
  let seen = 0;
  for await (const version of (await app.secretStore(store)).list()) {
    if (version.tags['project'] === project) found.push(version);
    seen += 1;
    if (seen % VERSIONS_BEFORE_REST === 0) await rest(REST);
    if (isOver()) throw tooLong(seen);
  }
  return found;
}

function tooLong(seen: number): AppError {
  return new AppError('STORE_UNAVAILABLE', 'The store has more secrets than can be listed at once.', {
    hint: `When the time was over, ${seen} versions were listed. Keep projects in stores of their own, or list it with its own tools.`,
  });
}

const Named = z.object({ name: z.string() });
const Parcels = z.object({ parcels: z.array(Named) });

/** Secrets that no record has, and that are on their way: of changes that died, and of imports. */
export async function namesOnTheirWay(app: App, project: string): Promise<Set<string>> {
  const names = new Set<string>();
  const note = (data: unknown) => {
    const { data: one } = Named.safeParse(data);
    const { data: several } = Parcels.safeParse(data);
    for (const { name } of [...(one ? [one] : []), ...(several?.parcels ?? [])]) names.add(name);
  };
  const now = app.clock.now();
  for await (const due of dueUntil(app, after(now, TIDIED_WITHIN))) if (due.project === project) note(due.data);
  // An import has a day, and whoever ends it a moment more.
  for (const { data, endedAt } of await jobsSince(app, project, after(now, -DAY - HOUR))) if (!endedAt) note(data);
  return names;
}
