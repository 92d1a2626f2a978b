import { ulid } from 'ulid';
import { AppError } from '../lib/errors.ts';
import type { Warning } from '../oci/stages.ts';
import type { App } from './app.ts';
import { REGCRED } from './caller.ts';
import type { Credential } from './credential.ts';
import { announce, eventOperation, type Event } from './events.ts';
import { RowConflict, type Operation } from './ports.ts';
import { projectPartition, statusRow } from './rows.ts';
import { isOfAnother, readStatus, statusFields, type Standing, type Status } from './status.ts';

/** How often it starts again because somebody else learned something at the same time. */
const ATTEMPTS = 5;

export interface StatusChange {
  status: Status;
  event?: Pick<Event, 'type' | 'data'>;
}

/**
 * Reads, changes and writes the status, beside the record: never its revision. Starts again if somebody was faster.
 * Where the login was replaced since `credential` was read, nothing is changed: what was learned of the old one says
 * nothing about the new one. Answers the status that is then there. Throws STORE_UNAVAILABLE where others are faster again
 * and again.
 */
export async function changeStatus(
  app: App,
  credential: Credential,
  change: (status: Status) => StatusChange | undefined,
  by = REGCRED,
): Promise<Status> {
  const partition = projectPartition(credential.project);
  const row = statusRow(credential.id);
  for (let attempt = 1; ; attempt += 1) {
    const found = await app.records.get(partition, row);
    if (found && isOfAnother(found, credential)) return found.fields as unknown as Status;
    const current = readStatus(found, credential);
    const wanted = change(current);
    if (!wanted) return current;
    const fields = statusFields(wanted.status);
    const eventId = ulid(app.clock.now().getTime()).toLowerCase();
    const operations: Operation[] = [
      found ? { kind: 'replace', row, fields, etag: found.etag } : { kind: 'insert', row, fields },
    ];
    if (wanted.event)
      operations.push(
        eventOperation(eventId, { ...wanted.event, at: app.clock.now().toISOString(), credentialId: credential.id, by }),
      );
    try {
      await app.records.write(partition, operations);
      app.lastUses.delete(credential.id);
      if (wanted.event) await announce(app, credential.project, [eventId]);
      return wanted.status;
    } catch (error) {
      if (!(error instanceof RowConflict)) throw error;
      if (attempt === ATTEMPTS) throw contended(error);
    }
  }
}

function contended(cause: RowConflict): AppError {
  return new AppError('STORE_UNAVAILABLE', 'Others note something about the same credential at this moment.', {
    hint: 'Try again.',
    retryAfterSeconds: 1,
    cause,
  });
}

/** Adds a warning to what is known of a credential, and an event that tells it; neither while the warning stands there. */
export async function warnOnce(
  app: App,
  credential: Credential,
  warning: Warning,
  { data = {}, standing }: { data?: Event['data']; standing?: Standing } = {},
): Promise<void> {
  await changeStatus(app, credential, (status) => {
    if (status.warnings.some(({ code }) => code === warning.code)) return undefined;
    return {
      status: { ...status, ...(standing && { standing }), warnings: [...status.warnings, warning] },
      event: { type: 'regcred.credential.needs-attention', data: { code: warning.code, ...data } },
    };
  });
}
