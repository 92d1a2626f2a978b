import { log } from '../lib/log.ts';
import type { Verdict, Warning } from '../oci/stages.ts';
import { accountKey } from './account.ts';
import type { App } from './app.ts';
import type { Credential } from './credential.ts';
import type { Row } from './ports.ts';

/** Automatic checks that a registry may refuse in a row before they stop. */
const MOST_REFUSALS = 3;

/** The code of what a credential warns of while it is not checked by itself. */
export const CHECKS_STOPPED = 'CHECKS_STOPPED';

const PARTITION = 'breakers';

/** Refusals in a row. */
interface Refusals {
  schemaVersion: 1;
  refusals: number;
  at: string;
  /** When checks stopped. */
  stoppedAt?: string;
}

/** Says that automatic checks of this user at this registry have stopped; undefined: they go on. */
export async function findStop(app: App, credential: Credential): Promise<Warning | undefined> {
  const known = readRefusals(await app.records.get(PARTITION, breakerRow(credential)));
  return known && stopOf(known);
}

/**
 * Counts a refusal, forgets them all at an acceptance, and takes everything else for no answer. Says, too, whether automatic
 * checks have stopped by now. That it cannot be written is no reason to fail what it is about.
 */
export async function noteAnswer(app: App, credential: Credential, verdict: Verdict): Promise<Warning | undefined> {
  try {
    if (verdict === 'valid') return await forget(app, breakerRow(credential));
    const isRefused = verdict === 'invalid_credentials' || verdict === 'expired';
    return isRefused ? await count(app, breakerRow(credential)) : await findStop(app, credential);
  } catch (error) {
    log('warn', 'breaker.not-written', { id: credential.id, error });
    return undefined;
  }
}

async function forget(app: App, row: string): Promise<undefined> {
  const found = await app.records.get(PARTITION, row);
  if (found) await app.records.write(PARTITION, [{ kind: 'delete', row, etag: found.etag }]);
  return undefined;
}

async function count(app: App, row: string): Promise<Warning | undefined> {
  const known = readRefusals(await app.records.get(PARTITION, row));
  const at = app.clock.now().toISOString();
  const refusals = (known?.refusals ?? 0) + 1;
  const stoppedAt = known?.stoppedAt ?? (refusals >= MOST_REFUSALS ? at : undefined);
  const counted: Refusals = { schemaVersion: 1, refusals, at, ...(stoppedAt && { stoppedAt }) };
  await app.records.write(PARTITION, [{ kind: 'put', row, fields: { ...counted } }]);
  return stopOf(counted);
}

function readRefusals(row: Row | undefined): Refusals | undefined {
  return row && (row.fields as unknown as Refusals);
}

function stopOf({ refusals, at, stoppedAt = at }: Refusals): Warning | undefined {
  if (refusals < MOST_REFUSALS) return undefined;
  return {
    code: CHECKS_STOPPED,
    detail: `The registry refused this user ${refusals} times in a row, and registries lock accounts: since ${stoppedAt} it is not checked by itself any more.`,
    hint: 'Give the right secret with PATCH, or ask for a check: once a login of this user is accepted, checks go on.',
  };
}

/** Several credentials may be one account: the lock would hit it, not the record. */
function breakerRow({ provider, registry: { host }, active: { username }, id }: Credential): string {
  return accountKey({ provider, host, username }) ?? id;
}
