import { AppError } from '../lib/errors.ts';
import type { Secret } from '../lib/secret.ts';
import type { App } from './app.ts';
import { changeStatus } from './change-status.ts';
import type { Credential } from './credential.ts';
import { openMaterial } from './material.ts';

/** As `openMaterial`; where somebody removed the secret outside regcred, the standing says so, and an event tells it once. */
export async function openOrNote(app: App, credential: Credential): Promise<Record<string, Secret>> {
  try {
    return (await openMaterial(app, credential)).material;
  } catch (error) {
    if (error instanceof AppError && error.code === 'SECRET_MISSING') await noteMissingSecret(app, credential);
    throw error;
  }
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
