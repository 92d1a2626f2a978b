import { MINUTE, SECOND } from '../lib/clock.ts';
import { AppError } from '../lib/errors.ts';
import { accountKey } from './account.ts';
import { projectOf, type App } from './app.ts';
import { checkAndStore } from './create-credential.ts';
import { readCreateInput, type CredentialInput } from './credential-input.ts';
import type { ImportData } from './import-data.ts';
import { entryOperation, failedEntry, failureOf, saveEntry, type StoredEntry } from './import-entry.ts';
import type { Job } from './job.ts';
import { RowConflict } from './ports.ts';

/** How often an entry is put off by a registry that asks to slow down, and the longest time that it is given. */
const MOST_TRIES = 3;
const LONGEST_REST = (10 * MINUTE) / SECOND;

/** Logins of one user that a registry may refuse before it is asked no more: it would lock the account. */
const MOST_REFUSALS = 3;

interface Making {
  job: Job;
  data: ImportData;
  stored: StoredEntry;
  bodyOf: (index: number) => Promise<unknown>;
}

/**
 * Makes one credential, with its line in the same transaction: so that it is made once, whatever happens. Answers the
 * seconds that its registry asks to be left alone. A refusal is counted in `data`.
 */
export async function makeEntry(app: App, { job, data, stored, bodyOf }: Making): Promise<number | undefined> {
  const { entry, etag } = stored;
  let account: string | undefined;
  try {
    const project = projectOf(app, job.project);
    const input = readCreateInput(project, await bodyOf(entry.index));
    account = accountOf(input);
    requireUnlocked(data, account);
    await checkAndStore(app, project, {
      input,
      by: job.by,
      check: data.check,
      also: ({ id }) => [entryOperation(job, { ...entry, status: 'created', id }, etag)],
    });
    return undefined;
  } catch (error) {
    // Another worker, which this one was taken for dead by, has made it.
    if (error instanceof RowConflict) return undefined;
    if (error instanceof AppError && error.code === 'STORE_UNAVAILABLE') throw error;
    const postponed = (entry.postponed ?? 0) + 1;
    if (error instanceof AppError && error.code === 'REGISTRY_THROTTLED' && postponed < MOST_TRIES) {
      await saveEntry(app, job, { ...entry, postponed }, etag);
      return Math.min(error.details.retryAfterSeconds ?? 60, LONGEST_REST);
    }
    if (account && error instanceof AppError && error.code === 'CREDENTIAL_REJECTED')
      data.refused[account] = (data.refused[account] ?? 0) + 1;
    await saveEntry(app, job, failedEntry(entry, failureOf(entry, data.source, error)), etag);
    return undefined;
  }
}

/** Cut short, because there may be many. Undefined where the secret alone tells who it is. */
function accountOf({ provider: { id: provider }, method, settings }: CredentialInput): string | undefined {
  const { host } = method.registry(settings);
  return accountKey({ provider, host, username: method.username?.(settings) })?.slice(0, 16);
}

/** A file in which one wrong password was filled in everywhere must not lock the account. */
function requireUnlocked({ refused }: ImportData, account: string | undefined): void {
  if (account === undefined || (refused[account] ?? 0) < MOST_REFUSALS) return;
  throw new AppError('CREDENTIAL_REJECTED', 'It was not tried: the registry has refused this user several times.', {
    hint: 'Put these logins right and import them one by one: a registry may lock an account that is refused again and again.',
  });
}
