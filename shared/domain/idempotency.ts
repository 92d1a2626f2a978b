import { createHash } from 'node:crypto';
import { z } from 'zod';
import { after, DAY } from '../lib/clock.ts';
import { AppError } from '../lib/errors.ts';
import type { App } from './app.ts';
import { canSee, type Caller } from './caller.ts';
import { readCredential, type Credential, type StoredCredential } from './credential.ts';
import { againIfStale, openOrNote } from './missing-secret.ts';
import { readRequestFingerprint } from './material.ts';
import type { Project } from './policy.ts';
import { RowConflict, type Operation } from './ports.ts';
import { credentialRow, idempotencyRow, projectPartition, statusRow } from './rows.ts';
import { readStatus, type Status } from './status.ts';

/** How long a repeated request answers what the first one made. */
const LIFE = DAY;

const Remembered = z.object({ id: z.string(), expiresAt: z.string(), fingerprint: z.string().optional() });

/** What a repeated request is recognised by: the caller's key, and a fingerprint of all that was asked. */
export interface Repetition {
  row: string;
  fingerprint: string;
}

export function repetitionOf(caller: Caller, key: string, request: unknown): Repetition {
  return {
    row: idempotencyRow(caller.issuer, caller.subject, key),
    fingerprint: createHash('sha256').update(JSON.stringify(request)).digest('base64url'),
  };
}

/**
 * The row that remembers a request. The fingerprint of a body with a secret is in the secret document, because a short
 * password could be guessed from its hash; only a body without one is fingerprinted here.
 */
export function rememberRequest(app: App, { row, fingerprint }: Repetition, { id, active }: Credential): Operation {
  const expiresAt = after(app.clock.now(), LIFE).toISOString();
  return { kind: 'insert', row, fields: { schemaVersion: 1, id, expiresAt, ...(!active.secret && { fingerprint }) } };
}

/** What the next version of a secret carries on, so that the request that made the credential is still known when it is repeated. */
export async function carriedFingerprint(app: App, credential: Credential): Promise<string | undefined> {
  const isForgotten = after(new Date(credential.createdAt), LIFE) <= app.clock.now();
  return isForgotten ? undefined : readRequestFingerprint(app, credential);
}

type Made = StoredCredential & { status: Status };

/**
 * Runs `make` unless a request of this caller with this key did so before; then what that one made is the answer. Throws
 * IDEMPOTENCY_CONFLICT if that request was another one, or the caller may no longer see what it made, and what `make` throws.
 */
export async function once(
  app: App,
  { project, caller }: { project: Project; caller: Caller },
  repetition: Repetition,
  make: () => Promise<Made>,
): Promise<Made> {
  const find = () => againIfStale(() => findRepeated(app, project, caller, repetition));
  const earlier = await find();
  if (earlier) return earlier;
  try {
    return await make();
  } catch (error) {
    // The same key at the same time: the other request was first, and has the name and the key.
    const first = isTaken(error) ? await find() : undefined;
    if (!first) throw error;
    return first;
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof RowConflict || (error instanceof AppError && error.code === 'NAME_TAKEN');
}

async function findRepeated(
  app: App,
  project: Project,
  caller: Caller,
  { row, fingerprint }: Repetition,
): Promise<Made | undefined> {
  const partition = projectPartition(project.name);
  const found = await app.records.get(partition, row);
  if (!found) return undefined;
  const { id, expiresAt, fingerprint: ownFingerprint } = Remembered.parse(found.fields);
  if (new Date(expiresAt) <= app.clock.now()) return forget(app, partition, found.row, found.etag);

  const credentialFound = await app.records.get(partition, credentialRow(id));
  const stored = credentialFound && readCredential(credentialFound);
  if (!stored || stored.credential.deletedAt) throw conflict('The credential that this Idempotency-Key made is deleted.');
  // Somebody may have moved it to where the caller has no rights.
  if (!canSee(caller, project, stored.credential))
    throw conflict('The credential that this Idempotency-Key made is no longer one that you may see.');
  const first = ownFingerprint ?? (await openOrNote(app, stored.credential)).requestFingerprint;
  if (first === undefined) throw conflict('The credential that this Idempotency-Key made has another secret, or none, by now.');
  if (first !== fingerprint) {
    throw new AppError('IDEMPOTENCY_CONFLICT', 'This Idempotency-Key was used with another request.', {
      hint: 'Use a new key for a new request; repeat a request with the same body.',
    });
  }
  return { ...stored, status: readStatus(await app.records.get(partition, statusRow(id)), stored.credential) };
}

function conflict(detail: string): AppError {
  return new AppError('IDEMPOTENCY_CONFLICT', detail, { hint: 'Use a new key to make another one.' });
}

async function forget(app: App, partition: string, row: string, etag: string): Promise<undefined> {
  try {
    await app.records.write(partition, [{ kind: 'delete', row, etag }]);
  } catch (error) {
    if (!(error instanceof RowConflict)) throw error;
  }
  return undefined;
}
