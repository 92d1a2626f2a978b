import { z } from 'zod';
import { MINUTE, SECOND } from '../lib/clock.ts';
import { findProject, type App } from './app.ts';
import { ImportData } from './import-data.ts';
import { failedEntry, readEntry, saveEntry } from './import-entry.ts';
import { openParcel, Parcel, removeParcel } from './import-parcels.ts';
import { readParts, type Job, type Turn } from './job.ts';
import { makeEntry } from './make-entry.ts';
import { RECORD_LIMITS, type Fields } from './ports.ts';

/** What one turn does, and how long the job rests after it: at most 60 checks a minute, and nobody waits long for the worker. */
const PACES = { live: { entries: 5, restSeconds: 5 }, skip: { entries: 50, restSeconds: 0 } };

/** Milliseconds after which a turn begins no further check, each of which may take a minute. */
const TURN_TIME = 20 * SECOND;

/** Seconds between looks for a project that is not declared. */
const UNTIL_RETURN = (10 * MINUTE) / SECOND;

/** Makes some of the credentials that are left. What a registry or a store refuses is a line of the report; throws STORE_UNAVAILABLE. */
export async function importTurn(app: App, job: Job): Promise<Turn> {
  // That the policy dropped it may be a mistake, and all of the project waits for its return.
  if (!findProject(app, job.project)) return { data: job.data, goOnAfterSeconds: UNTIL_RETURN };
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
    const asked = await makeEntry(app, { job, data, stored, bodyOf });
    if (asked !== undefined) return { next: index, restSeconds: asked };
  }
  return { next: data.total, restSeconds };
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

/** The time is over: what is left has failed, also where another version of regcred wrote the job. */
export async function endImport(app: App, job: Job): Promise<Fields> {
  const failure = {
    code: 'NOT_DONE',
    detail: 'The import did not come to this entry in time.',
    hint: 'Something was down, or a registry asked to slow down, for long. Import this entry again.',
  };
  const rows = await readParts(app, job, 0, RECORD_LIMITS.page);
  for (const { entry, etag } of rows.map(readEntry)) {
    if (entry.status === 'pending') await saveEntry(app, job, failedEntry(entry, failure), etag);
  }
  await forgetImport(app, job.data);
  return { ...job.data, parcels: [] };
}

const Leftover = z.object({ parcels: z.array(Parcel.pick({ store: true, name: true })).default([]) });

/** What is left in the stores, of a job that is over or never began. */
export async function forgetImport(app: App, leftover: Fields): Promise<void> {
  for (const parcel of Leftover.parse(leftover).parcels) await removeParcel(app, parcel);
}
