import { createHash } from 'node:crypto';
import { z } from 'zod';
import { MINUTE, SECOND } from '../lib/clock.ts';
import { AppError } from '../lib/errors.ts';
import { projectOf, type App } from './app.ts';
import { checkAndStore } from './create-credential.ts';
import { readCreateInput, type CredentialInput } from './credential-input.ts';
import { entryOperation, failedEntry, failureOf, readEntry, saveEntry, type StoredEntry } from './import-entry.ts';
import { openParcel, Parcel, removeParcel } from './import-parcels.ts';
import { readParts, type Job, type Turn } from './job.ts';
import { RECORD_LIMITS, RowConflict, type Fields } from './ports.ts';

/** What one turn does, and how long the job rests after it: at most 60 checks a minute, and nobody waits long for the worker. */
const PACES = { live: { entries: 5, restSeconds: 5 }, skip: { entries: 50, restSeconds: 0 } };

/** Milliseconds after which a turn begins no further check, each of which may take a minute. */
const TURN_TIME = 20 * SECOND;

/** How often an entry is put off by a registry that asks to slow down, and the longest time that it is given. */
const MOST_TRIES = 3;
const LONGEST_REST = (10 * MINUTE) / SECOND;

/** Logins of one user that a registry may refuse before it is asked no more: it would lock the account. */
const MOST_REFUSALS = 3;

/** What an import keeps in its job. */
export const ImportData = z.object({
  check: z.enum(['live', 'skip']),
  source: z.enum(['export', 'docker-config']),
  total: z.int(),
  /** The first entry that no turn has passed. */
  next: z.int(),
  /** Those that are still in their store. */
  parcels: z.array(Parcel),
  /** Logins that were refused, by account: see `accountOf`. */
  refused: z.record(z.string(), z.int()),
});
export type ImportData = z.output<typeof ImportData>;

/** Makes some of the credentials that are left. What a registry or a store refuses is a line of the report; throws STORE_UNAVAILABLE. */
export async function importTurn(app: App, job: Job): Promise<Turn> {
  const data = ImportData.parse(job.data);
  const { next, restSeconds } = await passEntries(app, job, data);
  for (const parcel of data.parcels) if (parcel.last < next) await removeParcel(app, parcel);
  const parcels = data.parcels.filter(({ last }) => last >= next);
  return { data: { ...data, next, parcels }, ...(next < data.total && { goOnAfterSeconds: restSeconds }) };
}

/** Goes on from where the last turn ended. Answers the first entry that is still to be made. */
async function passEntries(app: App, job: Job, data: ImportData): Promise<{ next: number; restSeconds: number }> {
  const { entries: most, restSeconds } = PACES[data.check];
  const bodyOf = bodies(app, job, data.parcels);
  const end = performance.now() + TURN_TIME;
  const rows = await readParts(app, job, data.next, RECORD_LIMITS.page);
  let tried = 0;
  for (const stored of rows.map(readEntry)) {
    const { index, status } = stored.entry;
    if (status !== 'pending') continue;
    if (tried === most || performance.now() > end) return { next: index, restSeconds };
    tried += 1;
    const wanted = await makeEntry(app, { job, data, stored, bodyOf });
    if (wanted !== undefined) return { next: index, restSeconds: Math.min(wanted, LONGEST_REST) };
  }
  return { next: data.total, restSeconds };
}

interface Making {
  job: Job;
  data: ImportData;
  stored: StoredEntry;
  bodyOf: (index: number) => Promise<unknown>;
}

/**
 * Makes one credential, with its line in the same transaction: so that it is made once, whatever happens. Answers the
 * seconds that its registry asks to be left alone.
 */
async function makeEntry(app: App, { job, data, stored, bodyOf }: Making): Promise<number | undefined> {
  const { entry, etag } = stored;
  let account: string | undefined;
  try {
    const project = projectOf(app, job.project);
    const input = readCreateInput(project, await bodyOf(entry.index));
    account = accountOf(input);
    requireUnlocked(data, account);
    await checkAndStore(app, project, {
      input,
      by: job.by,
      check: data.check,
      also: ({ id }) => [entryOperation(job, { ...entry, status: 'created', id }, etag)],
    });
    return undefined;
  } catch (error) {
    // Another worker, which this one was taken for dead by, has made it.
    if (error instanceof RowConflict) return undefined;
    if (error instanceof AppError && error.code === 'STORE_UNAVAILABLE') throw error;
    const postponed = (entry.postponed ?? 0) + 1;
    if (error instanceof AppError && error.code === 'REGISTRY_THROTTLED' && postponed < MOST_TRIES) {
      await saveEntry(app, job, { ...entry, postponed }, etag);
      return error.details.retryAfterSeconds ?? 60;
    }
    if (account && error instanceof AppError && error.code === 'CREDENTIAL_REJECTED')
      data.refused[account] = (data.refused[account] ?? 0) + 1;
    await saveEntry(app, job, failedEntry(entry, failureOf(entry, data.source, error)), etag);
    return undefined;
  }
}

/** The user at the registry, as a digest: short, and there may be many. Undefined where only the provider tells who it is. */
function accountOf({ method, settings }: CredentialInput): string | undefined {
  const username = method.username?.(settings);
  if (username === undefined) return undefined;
  const account = JSON.stringify([method.registry(settings).host, username]);
  return createHash('sha256').update(account).digest('base64url').slice(0, 16);
}

/** A file in which one wrong password was filled in everywhere must not lock the account. */
function requireUnlocked({ refused }: ImportData, account: string | undefined): void {
  if (account === undefined || (refused[account] ?? 0) < MOST_REFUSALS) return;
  throw new AppError('CREDENTIAL_REJECTED', 'It was not tried: the registry has refused this user several times.', {
    hint: 'Put these logins right and import them one by one: a registry may lock an account that is refused again and again.',
  });
}

/** What entries ask for; each parcel is opened once. */
function bodies(app: App, job: Job, parcels: Parcel[]): (index: number) => Promise<unknown> {
  const opened = new Map<string, Promise<Map<number, unknown>>>();
  return async (index) => {
    const parcel = parcels.find(({ last }) => index <= last);
    if (!parcel) return undefined;
    const document = opened.get(parcel.name) ?? openParcel(app, job, parcel);
    opened.set(parcel.name, document);
    return (await document).get(index);
  };
}

/** The time is over: what is left has failed. */
export async function endImport(app: App, job: Job): Promise<Fields> {
  const data = ImportData.parse(job.data);
  const failure = {
    code: 'NOT_DONE',
    detail: 'The import did not come to this entry in time.',
    hint: 'A store or the queue was down for long. Import this entry again.',
  };
  const rows = await readParts(app, job, data.next, RECORD_LIMITS.page);
  for (const { entry, etag } of rows.map(readEntry)) {
    if (entry.status === 'pending') await saveEntry(app, job, failedEntry(entry, failure), etag);
  }
  for (const parcel of data.parcels) await removeParcel(app, parcel);
  return { ...data, next: data.total, parcels: [] };
}

const Leftover = z.object({ parcels: z.array(Parcel.pick({ store: true, name: true })).default([]) });

/** What a request leaves that ended before the job began. */
export async function forgetImport(app: App, leftover: Fields): Promise<void> {
  for (const parcel of Leftover.parse(leftover).parcels) await removeParcel(app, parcel);
}
