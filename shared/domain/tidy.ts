import { randomUUID } from 'node:crypto';
import { after, DAY, MINUTE } from '../lib/clock.ts';
import { AppError } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import type { App } from './app.ts';
import { readCredential, type Credential, type SecretPointer } from './credential.ts';
import { eventOperation } from './events.ts';
import { RowConflict } from './ports.ts';
import { credentialRow, projectPartition, statusRow } from './rows.ts';
import { schedule, unschedule, type Due } from './schedule.ts';
import { SecretStoreName } from './policy.ts';
import { REGCRED } from './caller.ts';
import { ulid } from 'ulid';
import { z } from 'zod';

/** When a change that did not tidy up after itself is taken for dead; longer than any request (230 s on Azure). */
const GIVEN_UP_AFTER = 10 * MINUTE;

/** The secret that a change is about to write, replace, remove or bring back. */
export interface Touched {
  store: SecretStoreName;
  name: string;
  /** Of the version that the change writes. */
  operationId: string;
  /** The version that the change replaces. */
  replaces?: string;
}

/**
 * Runs a change of a secret and of the record that points to it. A due row that is written first names what is touched:
 * what a crash leaves behind is put right when that falls due. After a certain end it is done at once.
 */
export async function changeSecret<T>(
  app: App,
  credential: Pick<Credential, 'project' | 'id'>,
  touched: Touched,
  run: () => Promise<T>,
): Promise<T> {
  const { project, id } = credential;
  const { operationId, store, name, replaces } = touched;
  const data = { store, name, ...(replaces && { replaces }) };
  const dueRow = await schedule(app, after(app.clock.now(), GIVEN_UP_AFTER), { kind: 'cleanup', project, id, operationId, data });
  try {
    const result = await run();
    await tidyNow(app, credential, touched, dueRow);
    return result;
  } catch (error) {
    if (isCertain(error)) await tidyNow(app, credential, touched, dueRow);
    throw error;
  }
}

/** A store that did not answer may still have done what it was asked; its due row decides later. */
function isCertain(error: unknown): boolean {
  return error instanceof RowConflict || (error instanceof AppError && error.code !== 'STORE_UNAVAILABLE');
}

/** The caller's own answer stands if this does not work: the due row does it later. */
async function tidyNow(
  app: App,
  { project, id }: Pick<Credential, 'project' | 'id'>,
  touched: Touched,
  dueRow: string,
): Promise<void> {
  try {
    await tidy(app, project, id, touched);
    await unschedule(app, dueRow);
  } catch (error) {
    log('warn', 'cleanup.postponed', { project, id, error });
  }
}

/** Brings a secret to what the record says: kept, retired, removed. Idempotent, and right whether the change happened or not. */
export async function tidy(app: App, project: string, id: string, touched: Touched): Promise<void> {
  const secrets = await app.secretStore(touched.store);
  const active = await activeSecret(app, project, id, touched);
  if (!active) {
    await secrets.remove(touched.name);
    // A restore that ran at the same time may have won after the first look; then its secret comes back.
    if (await activeSecret(app, project, id, touched)) await secrets.restore(touched.name);
    return;
  }
  if (!(await secrets.get(touched.name, active.version))) await secrets.restore(touched.name);
  const written = await secrets.find(touched.name, touched.operationId);
  for (const version of [written, touched.replaces]) {
    if (version !== undefined && version !== active.version) await secrets.retire(touched.name, version);
  }
}

/** What the record says of this secret: the version in use, or nothing if it is not in use (any more). */
async function activeSecret(app: App, project: string, id: string, { store, name }: Touched): Promise<SecretPointer | undefined> {
  const row = await app.records.get(projectPartition(project), credentialRow(id));
  const credential = row && readCredential(row).credential;
  const secret = credential?.active.secret;
  return credential && !credential.deletedAt && secret?.name === name && secret.store === store ? secret : undefined;
}

const CleanupData = z.object({ store: SecretStoreName, name: z.string(), replaces: z.string().optional() });

/** The due kind `cleanup`. */
export async function runCleanup(app: App, due: Due): Promise<void> {
  await tidy(app, due.project, due.id, { ...CleanupData.parse(due.data), operationId: due.operationId });
}

/** When the retention of a credential deleted at `deletedAt` ends. */
export function retentionEnd(app: App, deletedAt: string): Date {
  return after(new Date(deletedAt), app.settings.retentionDays * DAY);
}

/** Plans the end of a deleted credential. Written before the record says that it is deleted. */
export async function schedulePurge(app: App, { project, id }: Credential, deletedAt: string): Promise<void> {
  await schedule(app, retentionEnd(app, deletedAt), { kind: 'purge', project, id, operationId: randomUUID(), data: {} });
}

/** The due kind `purge`: what was deleted and not restored goes for good, the secret first. */
export async function runPurge(app: App, { project, id }: Pick<Due, 'project' | 'id'>): Promise<void> {
  const partition = projectPartition(project);
  const row = await app.records.get(partition, credentialRow(id));
  if (!row) return;
  const { credential, etag } = readCredential(row);
  if (!credential.deletedAt || retentionEnd(app, credential.deletedAt) > app.clock.now()) return;

  const pointer = credential.active.secret;
  if (pointer) {
    const secrets = await app.secretStore(pointer.store);
    await secrets.remove(pointer.name);
    await secrets.purge?.(pointer.name);
  }
  const status = await app.records.get(partition, statusRow(id));
  const event = {
    type: 'regcred.credential.purged' as const,
    at: app.clock.now().toISOString(),
    credentialId: id,
    by: REGCRED,
    data: { name: credential.name },
  };
  await app.records.write(partition, [
    { kind: 'delete', row: row.row, etag },
    ...(status ? [{ kind: 'delete' as const, row: status.row }] : []),
    eventOperation(ulid(app.clock.now().getTime()).toLowerCase(), event),
  ]);
}
