import { AppError } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import { findProject, type App } from './app.ts';
import { findStop } from './breaker.ts';
import { REGCRED } from './caller.ts';
import { warnOnce } from './change-status.ts';
import { checkAndLearn } from './check-credential.ts';
import { readCredential } from './credential.ts';
import { againIfStale } from './missing-secret.ts';
import { planCheck } from './plan.ts';
import { credentialRow, projectPartition } from './rows.ts';
import type { Due } from './schedule.ts';

/**
 * The due kind `check`: the standing follows a clear answer, and "down" changes nothing. Refused again and again, a user
 * of a registry is left alone, because accounts get locked, and the credential says so; see `breaker.ts`.
 */
export function runScheduledCheck(app: App, due: Due): Promise<void> {
  return againIfStale(() => checkNow(app, due));
}

async function checkNow(app: App, { project: name, id }: Due): Promise<void> {
  const project = findProject(app, name);
  const row = await app.records.get(projectPartition(name), credentialRow(id));
  const credential = row && readCredential(row).credential;
  if (!credential || credential.deletedAt || !project) return;
  await planCheck(app, credential);
  if (!credential.enabled) return;
  const stop = await findStop(app, credential);
  if (stop) return warnOnce(app, credential, stop);
  try {
    await checkAndLearn(app, { project, credential, by: REGCRED });
  } catch (error) {
    // The policy or somebody's hand is in the way: tomorrow is another day, and whoever uses it is told why.
    if (!(error instanceof AppError) || error.code === 'STORE_UNAVAILABLE') throw error;
    log('warn', 'check.not-possible', { id, code: error.code });
  }
}
