import { randomUUID } from 'node:crypto';
import { ulid } from 'ulid';
import { after, DAY } from '../lib/clock.ts';
import type { App } from './app.ts';
import { REGCRED } from './caller.ts';
import { clearPartition, daysUntil } from './clear-rows.ts';
import { readCredential, type Credential, type StoredCredential } from './credential.ts';
import { announce, eventOperation } from './events.ts';
import { RowConflict } from './ports.ts';
import { credentialRow, handOutPartition, projectPartition, statusRow } from './rows.ts';
import { schedule, type Due } from './schedule.ts';
import { changeAroundSecret } from './tidy.ts';

/** When the retention of a credential deleted at `deletedAt` ends. */
export function retentionEnd(app: App, deletedAt: string): Date {
  return after(new Date(deletedAt), app.settings.retentionDays * DAY);
}

/** Plans the end of a deleted credential. Written before the record says that it is deleted. */
export async function schedulePurge(app: App, { project, id }: Credential, deletedAt: string): Promise<void> {
  await schedule(app, retentionEnd(app, deletedAt), { kind: 'purge', project, id, operationId: randomUUID(), data: {} });
}

/**
 * The due kind `purge`: what was deleted and not restored goes for good. The record goes first, so that a restore at the
 * same time either wins whole or finds nothing.
 */
export async function runPurge(app: App, { project, id }: Pick<Due, 'project' | 'id'>): Promise<void> {
  const row = await app.records.get(projectPartition(project), credentialRow(id));
  if (!row) return;
  const stored = readCredential(row);
  const { deletedAt } = stored.credential;
  if (!deletedAt || retentionEnd(app, deletedAt) > app.clock.now()) return;
  // The sweep finds hand-outs by their credential, and the last ones have expired together with it.
  for (const day of daysUntil(new Date(deletedAt).getTime())) await clearPartition(app, handOutPartition(id, day));
  try {
    await changeAroundSecret(app, stored.credential, () => deleteRecord(app, stored));
  } catch (error) {
    // Restored, or purged by another worker, since it was read.
    if (!(error instanceof RowConflict)) throw error;
  }
}

async function deleteRecord(app: App, { credential, etag }: StoredCredential): Promise<void> {
  const { id, project, name } = credential;
  const partition = projectPartition(project);
  const status = await app.records.get(partition, statusRow(id));
  const now = app.clock.now();
  const eventId = ulid(now.getTime()).toLowerCase();
  const event = {
    type: 'regcred.credential.purged' as const,
    at: now.toISOString(),
    credentialId: id,
    by: REGCRED,
    data: { name },
  };
  await app.records.write(partition, [
    { kind: 'delete', row: credentialRow(id), etag },
    ...(status ? [{ kind: 'delete' as const, row: status.row }] : []),
    eventOperation(eventId, event),
  ]);
  await announce(app, project, [eventId]);
}
