import { DAY } from '../lib/clock.ts';
import type { App } from './app.ts';
import type { Actor } from './caller.ts';
import type { Credential } from './credential.ts';
import type { Event } from './events.ts';
import type { Fields, Json, Row } from './ports.ts';
import { activityPartition, dayOf, handOutPartition, inverseTime } from './rows.ts';
import { badPageToken, readPageToken, writePageToken } from './page-token.ts';

/** How many days one request looks at: a quiet credential gives a short page with a next link rather than a slow answer. */
const DAYS_PER_REQUEST = 62;

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

  for (let days = 0; dayOf(new Date(at)) >= dayOf(new Date(oldest)); days += 1) {
    if (days === DAYS_PER_REQUEST) return { value, nextPageToken: writePageToken({ at, from }) };
    const rows = await activityOfDay(app, credential, dayOf(new Date(at)), from, limit - value.length + 1);
    for (const row of rows) {
      if (value.length === limit) return { value, nextPageToken: writePageToken({ at, from: row.row }) };
      value.push(activityView(row));
    }
    at -= DAY;
    from = '';
  }
  return { value };
}

/** At most `limit` rows of one day, both kinds in one order: their keys begin with the same inverse time. */
async function activityOfDay(app: App, credential: Credential, day: string, from: string, limit: number): Promise<Row[]> {
  const query = { ...(from && { from }), limit };
  const handOuts = await app.records.range(handOutPartition(credential.id, day), query);
  const events = await eventsOfDay(app, credential, day, from, limit);
  return [...handOuts, ...events].toSorted((a, b) => (a.row < b.row ? -1 : 1)).slice(0, limit);
}

/** The project's rows of that day that are about this credential. */
async function eventsOfDay(app: App, credential: Credential, day: string, from: string, limit: number): Promise<Row[]> {
  const found: Row[] = [];
  for (let next = from; found.length < limit;) {
    const rows = await app.records.range(activityPartition(credential.project, day), {
      ...(next && { from: next }),
      limit: 1000,
    });
    found.push(...rows.filter(({ fields }) => fields['credentialId'] === credential.id));
    const last = rows.at(-1);
    if (!last || rows.length < 1000) break;
    next = `${last.row}!`;
  }
  return found.slice(0, limit);
}

function activityView({ fields }: Row): ActivityView {
  const { at, type, credentialId, by, data } = fields as unknown as ActivityView;
  return { at, type, credentialId, by, data };
}

/** The row of a day at which a page begins; empty: the day's first. Its end is an event's id: a ULID, a UUID, or what a reminder is of. */
const PLACE = /^(?:\d{14}:cred-[0-9a-z]{26}:[0-9a-z-]{26,64})?$/;

function readToken(text: string | undefined): { at: number; from: string } | undefined {
  if (text === undefined) return undefined;
  const { at, from } = readPageToken(text);
  if (typeof at !== 'number' || Number.isNaN(new Date(at).getTime())) throw badPageToken();
  if (typeof from !== 'string' || !PLACE.test(from)) throw badPageToken();
  return { at, from };
}
