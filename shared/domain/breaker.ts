import { createHash } from 'node:crypto';
import { log } from '../lib/log.ts';
import type { Verdict } from '../oci/stages.ts';
import type { App } from './app.ts';
import type { Credential } from './credential.ts';

/** Automatic checks that a registry may refuse in a row before they stop. */
const MOST_REFUSALS = 3;

const PARTITION = 'breakers';

/** Whether automatic checks of this user at this registry have stopped. One that people or a new secret get accepted ends that. */
export async function isBreakerOpen(app: App, credential: Credential): Promise<boolean> {
  const row = await app.records.get(PARTITION, breakerRow(credential));
  return Number(row?.fields['refusals'] ?? 0) >= MOST_REFUSALS;
}

/**
 * Counts a refusal, forgets them all at an acceptance, and takes everything else for no answer. That it cannot be written
 * is no reason to fail what it is about.
 */
export async function noteAnswer(app: App, credential: Credential, verdict: Verdict): Promise<void> {
  const isRefused = verdict === 'invalid_credentials' || verdict === 'expired';
  if (!isRefused && verdict !== 'valid') return;
  try {
    await count(app, breakerRow(credential), isRefused);
  } catch (error) {
    log('warn', 'breaker.not-written', { id: credential.id, error });
  }
}

async function count(app: App, row: string, isRefused: boolean): Promise<void> {
  const found = await app.records.get(PARTITION, row);
  if (!isRefused) {
    if (found) await app.records.write(PARTITION, [{ kind: 'delete', row, etag: found.etag }]);
    return;
  }
  const refusals = Number(found?.fields['refusals'] ?? 0) + 1;
  await app.records.write(PARTITION, [
    { kind: 'put', row, fields: { schemaVersion: 1, refusals, at: app.clock.now().toISOString() } },
  ]);
}

/** Several credentials may be one account: the lock would hit it, not the record. */
function breakerRow({ registry, active, id }: Credential): string {
  return createHash('sha256')
    .update(JSON.stringify([registry.host, active.username ?? id]))
    .digest('base64url');
}
