import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../lib/errors.ts';
import type { App } from './app.ts';
import { warnOnce } from './change-status.ts';
import { readCredential, type Credential } from './credential.ts';
import { openMaterial, type OpenedMaterial } from './material.ts';
import { credentialRow, projectPartition } from './rows.ts';

/** A change ended the secret after the record was read that names it. */
class StaleSecret extends AppError {
  constructor(cause: unknown) {
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

/** Runs what works on the secret that a record names. What fails because a change ended the secret meanwhile, `againIfStale` knows. */
export async function unlessStale<T>(app: App, credential: Credential, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw (await isStale(app, credential)) ? new StaleSecret(error) : error;
  }
}

/** What somebody's hand in the store or the table leads to, and how the credential says so from then on. */
const WARNINGS = {
  SECRET_MISSING: {
    code: 'SECRET_MISSING',
    detail: 'The secret is not in its store.',
    hint: 'Give the secret again with PATCH.',
  },
  SECRET_UNUSABLE: {
    code: 'SECRET_UNUSABLE',
    detail: 'The secret does not fit the record, or was written by another version of regcred.',
    hint: 'See that the record is right, then give the secret again with PATCH.',
  },
};

/**
 * As `openMaterial`; where somebody removed or changed the secret outside regcred, the standing says so, and an event tells
 * it once. Throws STORE_UNAVAILABLE where it is gone because of a change since the record was read; see `againIfStale`.
 */
export async function openOrNote(app: App, credential: Credential): Promise<OpenedMaterial> {
  try {
    return await openMaterial(app, credential);
  } catch (error) {
    if (!(error instanceof AppError) || !isNoted(error.code)) throw error;
    if (await isStale(app, credential)) throw new StaleSecret(error);
    await warnOnce(app, credential, WARNINGS[error.code], { standing: 'rejected' });
    throw error;
  }
}

function isNoted(code: string): code is keyof typeof WARNINGS {
  return Object.hasOwn(WARNINGS, code);
}

/** The old secret ends as soon as the record says so, and somebody may have read the record before that. */
async function isStale(app: App, { project, id, active }: Credential): Promise<boolean> {
  const row = await app.records.get(projectPartition(project), credentialRow(id));
  if (!row) return true;
  const { credential } = readCredential(row);
  return credential.deletedAt !== undefined || !isDeepStrictEqual(credential.active.secret, active.secret);
}
