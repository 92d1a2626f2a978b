import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../lib/errors.ts';
import type { App } from './app.ts';
import { changeStatus } from './change-status.ts';
import { readCredential, type Credential } from './credential.ts';
import { openMaterial, type OpenedMaterial } from './material.ts';
import { credentialRow, projectPartition } from './rows.ts';

/** A change ended the secret after the record was read that names it. */
class StaleSecret extends AppError {
  constructor(cause: AppError) {
    super('STORE_UNAVAILABLE', 'The secret was replaced, moved or deleted while it was asked for.', {
      hint: 'Ask again.',
      retryAfterSeconds: 1,
      cause,
    });
    this.name = 'StaleSecret';
  }
}

/** Runs what reads a record and opens its secret, and once more if a change came between the two. */
export async function againIfStale<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StaleSecret) return run();
    throw error;
  }
}

/**
 * As `openMaterial`; where somebody removed the secret outside regcred, the standing says so, and an event tells it once.
 * Throws STORE_UNAVAILABLE where it is gone because of a change since the record was read; see `againIfStale`.
 */
export async function openOrNote(app: App, credential: Credential): Promise<OpenedMaterial> {
  try {
    return await openMaterial(app, credential);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'SECRET_MISSING')) throw error;
    if (await isStale(app, credential)) throw new StaleSecret(error);
    await noteMissingSecret(app, credential);
    throw error;
  }
}

/** The old secret ends as soon as the record says so, and somebody may have read the record before that. */
async function isStale(app: App, { project, id, active }: Credential): Promise<boolean> {
  const row = await app.records.get(projectPartition(project), credentialRow(id));
  if (!row) return true;
  const { credential } = readCredential(row);
  return credential.deletedAt !== undefined || !isDeepStrictEqual(credential.active.secret, active.secret);
}

async function noteMissingSecret(app: App, credential: Credential): Promise<void> {
  await changeStatus(app, credential, (status) => {
    if (status.warnings.some(({ code }) => code === 'SECRET_MISSING')) return undefined;
    const warning = {
      code: 'SECRET_MISSING',
      detail: 'The secret is not in its store.',
      hint: 'Give the secret again with PATCH.',
    };
    return {
      status: { ...status, standing: 'rejected', warnings: [...status.warnings, warning] },
      event: { type: 'regcred.credential.needs-attention', data: { code: 'SECRET_MISSING' } },
    };
  });
}
