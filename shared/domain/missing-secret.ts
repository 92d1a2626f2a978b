import { AppError } from '../lib/errors.ts';
import type { Secret } from '../lib/secret.ts';
import type { App } from './app.ts';
import { changeStatus } from './change-status.ts';
import { readCredential, type Credential } from './credential.ts';
import { openMaterial } from './material.ts';
import { credentialRow, projectPartition } from './rows.ts';

/**
 * As `openMaterial`; where somebody removed the secret outside regcred, the standing says so, and an event tells it once.
 * Throws STORE_UNAVAILABLE where it is gone because a change replaced it since the record was read.
 */
export async function openOrNote(app: App, credential: Credential): Promise<Record<string, Secret>> {
  try {
    return (await openMaterial(app, credential)).material;
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'SECRET_MISSING')) throw error;
    if (await isReplaced(app, credential)) {
      throw new AppError('STORE_UNAVAILABLE', 'The secret was replaced while it was asked for.', {
        hint: 'Ask again: the new one is there.',
        retryAfterSeconds: 1,
        cause: error,
      });
    }
    await noteMissingSecret(app, credential);
    throw error;
  }
}

/** The old version ends as soon as the record names the new one, and somebody may have read the record before that. */
async function isReplaced(app: App, { project, id, active }: Credential): Promise<boolean> {
  const row = await app.records.get(projectPartition(project), credentialRow(id));
  return row !== undefined && readCredential(row).credential.active.secret?.version !== active.secret?.version;
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
