import { HOUR } from '../lib/clock.ts';
import { log } from '../lib/log.ts';
import type { App } from './app.ts';
import { changeStatus } from './change-status.ts';
import type { Credential } from './credential.ts';
import type { Status } from './status.ts';

/** How long the last use of a credential need not be written again. */
const USE_GRAIN = HOUR;

/** What an instance remembers of a credential's use, so that most hand-outs need neither read nor write of the status. */
export interface KnownUse {
  writtenAt: number;
  since: string;
  standing: Status['standing'];
}

/**
 * Writes `lastUsedAt`, at most hourly, and answers what is known of the standing; undefined if it cannot be had, because
 * neither is worth refusing a hand-out.
 */
export async function noteUse(app: App, credential: Credential): Promise<Status['standing'] | undefined> {
  const known = app.lastUses.get(credential.id);
  const now = app.clock.now();
  if (known && known.since === credential.active.since && now.getTime() - known.writtenAt < USE_GRAIN) return known.standing;
  try {
    const { standing } = await changeStatus(app, credential, (status) => ({
      status: { ...status, lastUsedAt: now.toISOString() },
    }));
    app.lastUses.set(credential.id, { writtenAt: now.getTime(), since: credential.active.since, standing });
    return standing;
  } catch (error) {
    log('warn', 'use.not-noted', { id: credential.id, error });
    return undefined;
  }
}
