import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { after, MINUTE } from '../lib/clock.ts';
import { AppError } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import type { App } from './app.ts';
import { readCredential, type Credential, type SecretPointer } from './credential.ts';
import { SecretStoreName } from './policy.ts';
import { RowConflict, type SecretStore } from './ports.ts';
import { credentialRow, projectPartition } from './rows.ts';
import { schedule, unschedule, type Due } from './schedule.ts';

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

/** The same for a change that leaves the material as it is, such as a deletion; without material it is the change alone. */
export function changeAroundSecret<T>(app: App, credential: Credential, run: () => Promise<T>): Promise<T> {
  const { secret } = credential.active;
  return secret ? changeSecret(app, credential, { ...secret, operationId: randomUUID() }, run) : run();
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

/**
 * Brings a secret to what the record says: in use, removed with a deleted record, or gone because no record names it.
 * Idempotent, and right whether the change happened or not.
 */
async function tidy(app: App, project: string, id: string, touched: Touched): Promise<void> {
  const { store, name, operationId, replaces } = touched;
  const secrets = await app.secretStore(store);
  const claim = await findClaim(app, project, id, touched);
  if (!claim?.isLive) return takeAway(app, secrets, { project, id, touched });
  await keepPresent(secrets, { name, version: claim.version });
  const written = await secrets.find(name, operationId);
  for (const version of [written, replaces]) {
    if (version !== undefined && version !== claim.version) await secrets.retire(name, version);
  }
}

async function takeAway(
  app: App,
  secrets: SecretStore,
  { project, id, touched }: { project: string; id: string; touched: Touched },
): Promise<void> {
  await secrets.remove(touched.name);
  const claim = await findClaim(app, project, id, touched);
  // A restore that ran at the same time may have won after the first look; then its secret comes back.
  if (claim?.isLive) return bringBack(secrets, touched.name);
  // Nobody can restore it, and nothing else would ever end it.
  if (!claim) await secrets.purge?.(touched.name);
}

/** Brings a secret back that somebody removed outside regcred: until then its name takes no further version. */
export async function keepPresent(
  secrets: SecretStore,
  { name, version }: Pick<SecretPointer, 'name' | 'version'>,
): Promise<void> {
  if (!(await secrets.get(name, version))) await bringBack(secrets, name);
}

/** One that somebody removed for good outside regcred cannot come back: whoever opens it is told. */
async function bringBack(secrets: SecretStore, name: string): Promise<void> {
  try {
    await secrets.restore(name);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'SECRET_MISSING')) throw error;
    log('warn', 'secret.missing', { name });
  }
}

interface Claim {
  version: string;
  /** Of a record that is not deleted. */
  isLive: boolean;
}

/** What the record says of this secret; undefined if it does not name it (any more), or is not there. */
async function findClaim(app: App, project: string, id: string, { store, name }: Touched): Promise<Claim | undefined> {
  const row = await app.records.get(projectPartition(project), credentialRow(id));
  if (!row) return undefined;
  const { active, deletedAt } = readCredential(row).credential;
  const { secret } = active;
  return secret?.name === name && secret.store === store ? { version: secret.version, isLive: !deletedAt } : undefined;
}

const CleanupData = z.object({ store: SecretStoreName, name: z.string(), replaces: z.string().optional() });

/** The due kind `cleanup`. */
export async function runCleanup(app: App, due: Due): Promise<void> {
  await tidy(app, due.project, due.id, { ...CleanupData.parse(due.data), operationId: due.operationId });
}
