import { after, DAY } from '../lib/clock.ts';
import { AppError, invalidInput } from '../lib/errors.ts';
import { projectOf, secretStoreName, type App } from './app.ts';
import { actor, type Caller } from './caller.ts';
import { CommonInput } from './common-input.ts';
import { newName } from './credential.ts';
import type { ImportData } from './import-data.ts';
import { readImport } from './import-document.ts';
import {
  failedEntry,
  failureOf,
  writeEntries,
  type Candidate,
  type EntryBody,
  type ImportEntry,
  type ImportSource,
} from './import-entry.ts';
import { packEntries, storeParcel, type Parcel } from './import-parcels.ts';
import { viewImport, type ImportView } from './import-view.ts';
import { judgeEntry, type ImportOptions } from './judge-entry.ts';
import { beginJob, jobsSince, newJob, watchJob, type Job } from './job.ts';
import type { Project } from './policy.ts';

/** Milliseconds in which an import must have come to its end. */
const LIFE = DAY;

/** Imports of a project at the same time: each asks registries at a pace of its own. */
const MOST_RUNNING = 5;

/**
 * Accepts an import: judges every entry as a create request of this caller, and leaves those that pass to a job. What they
 * ask for waits in the project's secret store. Throws INVALID_INPUT for a body that is no import, CHECK_LIMIT or
 * STORE_UNAVAILABLE; then nothing is begun.
 */
export async function startImport(
  app: App,
  { project: name, caller }: { project: string; caller: Caller },
  options: ImportOptions,
  body: unknown,
): Promise<ImportView> {
  const project = projectOf(app, name);
  requireDeclared(project, options.environments);
  const { source, candidates } = readImport(body);
  await requireFewRunning(app, name);
  const judged = candidates.map((candidate, index) => judge(app, { project, caller, source, options }, candidate, index));
  const entries = judged.map(({ entry }) => entry);
  const job = newJob(app, { kind: 'import', project: name, by: actor(caller), life: LIFE, data: {} });
  const passed = judged.flatMap(({ entry: { index }, body }) => (body ? [{ index, body }] : []));
  const planned = packEntries(passed).map((packed) => ({
    packed,
    place: { store: secretStoreName(app, project), name: newName(app.clock) },
  }));

  await watchJob(app, job, { parcels: planned.map(({ place }) => place) });
  const parcels: Parcel[] = [];
  for (const { packed, place } of planned) parcels.push(await storeParcel(app, job, place, packed));
  await writeEntries(app, job, entries);
  const data: ImportData = { check: options.check, source, total: entries.length, next: 0, parcels, refused: {} };
  const begun: Job = { ...job, data: { ...data } };
  await beginJob(app, begun);
  return viewImport(begun, entries);
}

/** A typing mistake is one mistake, and not one of every entry. */
function requireDeclared({ environments }: Project, wanted: string[] = []): void {
  if (wanted.every((name) => environments.includes(name))) return;
  throw invalidInput(
    '?environments',
    'NOT_ALLOWED',
    'names an environment that this project does not have',
    `Of these, with commas: ${environments.join(', ')}.`,
  );
}

async function requireFewRunning(app: App, project: string): Promise<void> {
  const young = await jobsSince(app, project, after(app.clock.now(), -LIFE));
  if (young.filter(({ kind, endedAt }) => kind === 'import' && !endedAt).length < MOST_RUNNING) return;
  throw new AppError('CHECK_LIMIT', `${MOST_RUNNING} imports of this project are under way.`, {
    hint: 'Wait until one of them has ended: each checks its logins at their registries.',
    retryAfterSeconds: 60,
  });
}

function judge(
  app: App,
  request: { project: Project; caller: Caller; source: ImportSource; options: ImportOptions },
  candidate: Candidate,
  index: number,
): { entry: ImportEntry; body?: EntryBody } {
  const { pointer, wanted, failure } = candidate;
  const name = candidate.name ?? nameIn(wanted);
  const entry: ImportEntry = { index, pointer, ...(name && { name }), status: 'pending' };
  if (failure) return { entry: failedEntry(entry, failureOf(entry, request.source, failure)) };
  try {
    const body = judgeEntry(app, request, wanted);
    return { entry: { ...entry, name: body.name }, body };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { entry: failedEntry(entry, failureOf(entry, request.source, error)) };
  }
}

/** What is no name is not repeated: it may be something else. */
function nameIn(wanted: unknown): string | undefined {
  const { name } = typeof wanted === 'object' && wanted !== null && 'name' in wanted ? wanted : { name: undefined };
  return CommonInput.shape.name.safeParse(name).data;
}
