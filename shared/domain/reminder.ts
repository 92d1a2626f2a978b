import { DAY } from '../lib/clock.ts';
import { findProject, type App } from './app.ts';
import { REGCRED } from './caller.ts';
import { readCredential } from './credential.ts';
import { announce, eventOperation } from './events.ts';
import { endOf, planReminder } from './plan.ts';
import { RowConflict } from './ports.ts';
import { credentialRow, projectPartition } from './rows.ts';
import type { Due } from './schedule.ts';
import { findStatus } from './read-credential.ts';
import { withLearned } from './status.ts';

/** The due kind `remind`: an event that says how many days are left, unless the end has moved since it was planned. */
export async function runReminder(app: App, { project, id, operationId, data }: Due): Promise<void> {
  const partition = projectPartition(project);
  const row = await app.records.get(partition, credentialRow(id));
  const stored = row && readCredential(row);
  if (!stored || stored.credential.deletedAt || !findProject(app, project)) return;
  const credential = withLearned(stored.credential, await findStatus(app, stored));
  const end = endOf(credential);
  if (!end || end.toISOString() !== data['end']) return;

  await planReminder(app, credential);
  const plannedAt = Number(operationId);
  const days = Math.round((end.getTime() - plannedAt) / DAY);
  const event = {
    type: 'regcred.credential.expiring' as const,
    at: new Date(plannedAt).toISOString(),
    credentialId: id,
    by: REGCRED,
    data: { days, end: end.toISOString() },
  };
  // Named by what it reminds of: done twice it is one event.
  const eventId = `remind-${id}-${operationId}`;
  try {
    await app.records.write(partition, [eventOperation(eventId, event)]);
  } catch (error) {
    if (!(error instanceof RowConflict)) throw error;
  }
  await announce(app, project, [eventId]);
}
