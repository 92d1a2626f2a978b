import { AppError } from '../lib/errors.ts';
import { projectOf, type App } from './app.ts';
import { canSee, type Caller } from './caller.ts';
import { isCredentialId, readCredential, type StoredCredential } from './credential.ts';
import type { Project } from './policy.ts';
import { credentialRow, projectPartition, statusRow } from './rows.ts';
import { readStatus, type Status } from './status.ts';

export interface Address {
  project: string;
  id: string;
  caller: Caller;
}

export interface Found extends StoredCredential {
  project: Project;
}

/**
 * The record, deleted or not. Throws NOT_FOUND, also for a credential that the caller may not see: what lies outside its
 * rights answers the same as what does not exist.
 */
export async function findCredential(app: App, { project: name, id, caller }: Address): Promise<Found> {
  const project = projectOf(app, name);
  const row = isCredentialId(id) ? await app.records.get(projectPartition(name), credentialRow(id)) : undefined;
  const stored = row && readCredential(row);
  if (!stored || !canSee(caller, project, stored.credential)) {
    throw new AppError('NOT_FOUND', 'No such credential.', {
      hint: 'Check the id and the project, and that your token gives rights for its environments and purpose.',
    });
  }
  return { ...stored, project };
}

/** As `findCredential`, with its status, which is read at the same time. */
export async function findWithStatus(app: App, address: Address): Promise<Found & { status: Status }> {
  const { project, id } = address;
  const reading = isCredentialId(id) ? app.records.get(projectPartition(project), statusRow(id)) : undefined;
  const [found, row] = await Promise.all([findCredential(app, address), reading]);
  return { ...found, status: readStatus(row, found.credential) };
}

/** As `findCredential`, but a deleted one is NOT_FOUND, too; the hint says so to those who may see it. */
export async function findLiveCredential(app: App, address: Address): Promise<Found> {
  const found = await findCredential(app, address);
  if (found.credential.deletedAt) {
    throw new AppError('NOT_FOUND', `The credential was deleted at ${found.credential.deletedAt}.`, {
      hint: 'Restore it with POST .../restore.',
    });
  }
  return found;
}

export async function findStatus(app: App, { credential }: StoredCredential): Promise<Status> {
  return readStatus(await app.records.get(projectPartition(credential.project), statusRow(credential.id)), credential);
}
