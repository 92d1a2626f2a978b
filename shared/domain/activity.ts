import { DAY } from '../lib/clock.ts';
import type { App } from './app.ts';
import type { Actor } from './caller.ts';
import type { Credential } from './credential.ts';
import type { Event } from './events.ts';
import { RECORD_LIMITS, type Fields, type Json, type Row } from './ports.ts';
import { activityPartition, dayOf, handOutPartition, inverseTime } from './rows.ts';
import { badPageToken, readPageToken, writePageToken } from './page-token.ts';

/** How many days one request looks at: a quiet credential gives a short page with a next link rather than a slow answer. */
const DAYS_PER_REQUEST = 62;

/** Rows that one request reads, more or less a page: in a project where much happens a quiet credential gives a short page, too. */
const ROWS_PER_REQUEST = 5000;

export interface ActivityView {
  at: string;
  type: string;
  credentialId: string;
  by: Actor;
  data: { [key: string]: Json };
}

/** What was handed out, never the login itself. */
export interface HandOut {
  format: string;
  environment: string | null;
  repositories: string[];
  actions: string[];
  expiresAt: string | null;
  requestId: string | null;
}

/** Adds an event to the project's activity. Idempotent by event id. */
export async function writeActivity(
  app: App,
  project: string,
  eventId: string,
  { type, at, credentialId, by, data }: Event,
): Promise<void> {
  const moment = new Date(at);
  const row = `${inverseTime(moment)}:${credentialId}:${eventId}`;
  await app.records.write(activityPartition(project, dayOf(moment)), [
    { kind: 'put', row, fields: { schemaVersion: 1, type, at, credentialId, by: { ...by }, data } },
  ]);
}

/** Adds a hand-out to the credential's activity: one durable write, which must succeed before anything is handed out. */
export async function writeHandOut(app: App, credential: Credential, id: string, by: Actor, data: HandOut): Promise<void> {
  const at = app.clock.now();
  const fields: Fields = {
    schemaVersion: 1,
    type: 'regcred.credential.handed-out',
    at: at.toISOString(),
    credentialId: credential.id,
    by: { ...by },
    data: { ...data },
  };
  await app.records.write(handOutPartition(credential.id, dayOf(at)), [
    { kind: 'insert', row: `${inverseTime(at)}:${credential.id}:${id}`, fields },
  ]);
}

/** The newest first: hand-outs and all else. Throws INVALID_INPUT for a page token that is not one of ours. */
export async function listActivity(
  app: App,
  credential: Credential,
  { limit, pageToken }: { limit: number; pageToken?: string },
) {
  const now = app.clock.now();
  const oldest = Math.max(new Date(credential.createdAt).getTime(), now.getTime() - app.settings.retentionDays * DAY);
  const start = readToken(pageToken);
  let at = Math.min(start?.at ?? Infinity, now.getTime());
  let from = start?.from ?? '';
  const value: ActivityView[] = [];
  let read = 0;

  for (let days = 0; dayOf(new Date(at)) >= dayOf(new Date(oldest)); days += 1) {
    if (days === DAYS_PER_REQUEST || read >= ROWS_PER_REQUEST) return { value, nextPageToken: writePageToken({ at, from }) };
    const some = await activityOfDay(app, credential, dayOf(new Date(at)), { from, limit: limit - value.length + 1, read });
    for (const row of some.rows) {
      if (value.length === limit) return { value, nextPageToken: writePageToken({ at, from: row.row }) };
      value.push(activityView(row));
    }
    read = some.read;
    from = some.next ?? '';
    if (from === '') at -= DAY;
  }
  return { value };
}

interface Reading {
  from: string;
  limit: number;
  /** Rows that this request has read. */
  read: number;
}

interface RowsOfDay {
  rows: Row[];
  read: number;
  /** Where the day goes on, if it was not read to its end. */
  next?: string;
}

/** At most `limit` rows of one day, both kinds in one order: their keys begin with the same inverse time. */
async function activityOfDay(app: App, credential: Credential, day: string, reading: Reading): Promise<RowsOfDay> {
  const { from, limit } = reading;
  const [events, handOuts] = await Promise.all([
    eventsOfDay(app, credential, day, reading),
    app.records.range(handOutPartition(credential.id, day), { ...(from && { from }), limit }),
  ]);
  const { next } = events;
  const until = handOuts.filter(({ row }) => next === undefined || row < next);
  const rows = [...until, ...events.rows].toSorted((a, b) => (a.row < b.row ? -1 : 1)).slice(0, limit);
  return { ...events, rows };
}

/** The project's rows of that day that are about this credential. */
async function eventsOfDay(
  app: App,
  credential: Credential,
  day: string,
  { from, limit, read: readBefore }: Reading,
): Promise<RowsOfDay> {
  const found: Row[] = [];
  let read = readBefore;
  let next: string | undefined = from;
  while (next !== undefined && found.length < limit && read < ROWS_PER_REQUEST) {
    const rows = await app.records.range(activityPartition(credential.project, day), {
      ...(next && { from: next }),
      limit: RECORD_LIMITS.page,
    });
    found.push(...rows.filter(({ fields }) => fields['credentialId'] === credential.id));
    read += rows.length;
    const last = rows.at(-1);
    next = last && rows.length === RECORD_LIMITS.page ? `${last.row}!` : undefined;
  }
  return { rows: found, read, ...(next !== undefined && { next }) };
}

function activityView({ fields }: Row): ActivityView {
  const { at, type, credentialId, by, data } = fields as unknown as ActivityView;
  return { at, type, credentialId, by, data };
}

/** The row of a day at which a page begins; empty: the day's first. Its end is an event's id: a ULID, a UUID, or what a reminder is of. */
const PLACE = /^(?:\d{14}:cred-[0-9a-z]{26}:[0-9a-z-]{26,64}!?)?$/;

function readToken(text: string | undefined): { at: number; from: string } | undefined {
  if (text === undefined) return undefined;
  const { at, from } = readPageToken(text);
  if (typeof at !== 'number' || Number.isNaN(new Date(at).getTime())) throw badPageToken();
  if (typeof from !== 'string' || !PLACE.test(from)) throw badPageToken();
  return { at, from };
}
