import { mkdir } from 'node:fs/promises';
import { ulid } from 'ulid';
import type { App } from '../../shared/domain/app.ts';
import { credentialFields, type Credential } from '../../shared/domain/credential.ts';
import { planCheck } from '../../shared/domain/plan.ts';
import { RECORD_LIMITS, type Operation } from '../../shared/domain/ports.ts';
import { credentialRow, DUE_PARTITION, nameRow, projectPartition, statusRow } from '../../shared/domain/rows.ts';
import { statusFields, unverified } from '../../shared/domain/status.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { openDataFolder } from '../../shared/stores/data-folder.ts';
import { openSqliteRecords } from '../../shared/stores/records/sqlite.ts';

const ROWS_EACH = 3;
const BATCH = Math.floor(RECORD_LIMITS.operations / ROWS_EACH);
const BY = { issuer: 'urn:bench', subject: 'bench' };

/**
 * Fills a data folder with credentials as the service itself would store them, through the record store: each with its
 * status, its name and its next check.
 */
export async function storeCredentials(data: string, count: number): Promise<void> {
  await mkdir(data, { recursive: true });
  const folder = await openDataFolder(data, {});
  const records = await openSqliteRecords(folder.records, {});
  for (let stored = 0; stored < count; stored += BATCH) {
    const size = Math.min(BATCH, count - stored);
    const credentials = Array.from({ length: size }, (_, index) => credential(stored + index));
    await records.write(projectPartition('default'), credentials.flatMap(rowsOf));
    await records.write(DUE_PARTITION, await checksOf(credentials));
  }
  await records.close();
  await folder.close();
}

function rowsOf(credential: Credential): Operation[] {
  return [
    { kind: 'insert', row: credentialRow(credential.id), fields: credentialFields(credential) },
    { kind: 'insert', row: statusRow(credential.id), fields: statusFields(unverified(credential)) },
    { kind: 'insert', row: nameRow(credential.name), fields: { schemaVersion: 1, id: credential.id } },
  ];
}

/** Planned as the service does it, but kept for one transaction. */
async function checksOf(credentials: Credential[]): Promise<Operation[]> {
  const planned: Operation[] = [];
  const write = async (_partition: string, operations: Operation[]) => (planned.push(...operations), []);
  // Planning needs no other part of the app.
  const app = { clock: systemClock, records: { write } } as unknown as App;
  for (const credential of credentials) await planCheck(app, credential);
  return planned;
}

function credential(number: number): Credential {
  const at = new Date(Date.UTC(2026, 0, 1) + number * 1000);
  const id = `cred-${ulid(at.getTime()).toLowerCase()}`;
  const settings = { url: `registry-${number % 100}.example.com`, username: `user-${number}` };
  return {
    schemaVersion: 1,
    id,
    project: 'default',
    name: `Credential ${number}`,
    description: 'Pulls the images of one team',
    provider: 'generic',
    method: 'password',
    registry: { host: settings.url },
    purpose: 'pull',
    environments: ['dev'],
    labels: { team: `team-${number % 50}` },
    tls: 'verify',
    active: {
      settings,
      username: settings.username,
      secret: { store: 'local', name: id, version: '0'.repeat(32) },
      since: at.toISOString(),
    },
    enabled: true,
    defaultIn: [],
    revision: 1,
    createdAt: at.toISOString(),
    createdBy: BY,
    updatedAt: at.toISOString(),
    updatedBy: BY,
  };
}
