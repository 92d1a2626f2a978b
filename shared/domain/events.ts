import { log } from '../lib/log.ts';
import type { App } from './app.ts';
import type { Actor } from './caller.ts';
import { writeActivity } from './activity.ts';
import { RowConflict, type Json, type Operation } from './ports.ts';
import { eventRow, projectPartition } from './rows.ts';

export type EventType =
  | 'regcred.credential.created'
  | 'regcred.credential.updated'
  | 'regcred.credential.moved'
  | 'regcred.credential.deleted'
  | 'regcred.credential.restored'
  | 'regcred.credential.purged'
  | 'regcred.credential.accepted'
  | 'regcred.credential.rejected'
  | 'regcred.credential.expired'
  | 'regcred.credential.unverified'
  | 'regcred.credential.expiring'
  | 'regcred.credential.needs-attention';

/** What happened to a credential: first a row beside it, written with the change, then a line of its activity. */
export interface Event {
  type: EventType;
  at: string;
  credentialId: string;
  by: Actor;
  /** Names of fields, ids and verdicts; never a secret. */
  data: { [key: string]: Json };
}

export function eventOperation(eventId: string, { type, at, credentialId, by, data }: Event): Operation {
  return { kind: 'insert', row: eventRow(eventId), fields: { schemaVersion: 1, type, at, credentialId, by: { ...by }, data } };
}

/**
 * Asks the worker to copy events to the activity. A queue that is down loses nothing: the rows are there, and the sweep
 * finds them.
 */
export async function announce(app: App, project: string, eventIds: string[]): Promise<void> {
  try {
    await Promise.all(eventIds.map((id) => app.queue.send('work', { v: 1, kind: 'event', project, id })));
  } catch (error) {
    log('warn', 'event.not-announced', { project, error });
  }
}

/** Copies one event to the activity, then removes its row. Idempotent: a copy made twice is one line. */
export async function deliverEvent(app: App, project: string, eventId: string): Promise<void> {
  const partition = projectPartition(project);
  const row = await app.records.get(partition, eventRow(eventId));
  if (!row) return;
  const event = row.fields as unknown as Event;
  await writeActivity(app, project, eventId, event);
  try {
    await app.records.write(partition, [{ kind: 'delete', row: row.row, etag: row.etag }]);
  } catch (error) {
    // An event never changes: another worker has delivered it, too.
    if (!(error instanceof RowConflict)) throw error;
  }
}
