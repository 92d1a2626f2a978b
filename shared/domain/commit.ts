import { ulid } from 'ulid';
import { AppError } from '../lib/errors.ts';
import type { App } from './app.ts';
import type { Actor } from './caller.ts';
import { credentialFields, type Credential, type StoredCredential } from './credential.ts';
import { displacedDefaults, type Step } from './displaced-defaults.ts';
import { announce, eventOperation, type EventType } from './events.ts';
import { planAhead } from './plan.ts';
import { RowConflict, type Json, type Operation } from './ports.ts';
import { credentialRow, nameRow, projectPartition, statusRow } from './rows.ts';
import { statusFields, type Status } from './status.ts';

/** How often a commit starts again because somebody else moved a default meanwhile. */
const ATTEMPTS = 5;

/** One change of one credential, whole. */
export interface Change {
  by: Actor;
  /** As it was read; absent: it is new. */
  before?: StoredCredential;
  after: Credential;
  status?: Status;
  event: EventType;
  data?: { [key: string]: Json };
  /** Further rows of the same transaction; a conflict on one of them throws its RowConflict. */
  also?: Operation[];
}

/**
 * The only way in which a credential changes: one transaction in the project's partition with the record, its name, its
 * defaults, its status and the event that tells of it. So no change is without its audit, and none is told that did not happen.
 *
 * Throws NAME_TAKEN, ETAG_MISMATCH (somebody else changed it since it was read) or STORE_UNAVAILABLE (also where others
 * move the same default again and again); nothing is changed then.
 */
export async function commit(app: App, change: Change): Promise<StoredCredential> {
  await planAhead(app, change.before?.credential, change.after);
  for (let attempt = 1; ; attempt += 1) {
    const eventIds: string[] = [];
    const steps = await stepsOf(app, change, eventIds);
    try {
      const [etag = ''] = await app.records.write(
        projectPartition(change.after.project),
        steps.map(({ operation }) => operation),
      );
      await announce(app, change.after.project, eventIds);
      return { credential: change.after, etag };
    } catch (error) {
      if (!(error instanceof RowConflict)) throw error;
      const meaning = steps[error.index]?.conflict() ?? error;
      if (meaning !== 'again') throw meaning;
      if (attempt === ATTEMPTS) throw contended();
    }
  }
}

/** The record's own write comes first: its etag is what `commit` answers. */
async function stepsOf(app: App, change: Change, eventIds: string[]): Promise<Step[]> {
  const { by, after, event, data, status, also = [] } = change;
  const displaced = await displacedDefaults(app, change);
  return [
    recordStep(change),
    ...nameSteps(change),
    ...displaced.steps,
    ...displaced.credentials.flatMap((stored) => [
      { operation: replaceOperation(stored), conflict: () => 'again' as const },
      eventStep(
        app,
        stored.credential,
        'regcred.credential.updated',
        by,
        { fields: ['default'], takenOverBy: after.id },
        eventIds,
      ),
    ]),
    ...(status
      ? [
          {
            operation: { kind: 'put', row: statusRow(after.id), fields: statusFields(status) } satisfies Operation,
            conflict: mismatch,
          },
        ]
      : []),
    ...also.map((operation) => ({ operation, conflict: () => new RowConflict(0, 'exists') })),
    eventStep(app, after, event, by, data, eventIds),
  ];
}

function recordStep({ before, after }: Change): Step {
  if (before) return { operation: replaceOperation({ credential: after, etag: before.etag }), conflict: mismatch };
  return { operation: { kind: 'insert', row: credentialRow(after.id), fields: credentialFields(after) }, conflict: mismatch };
}

function replaceOperation({ credential, etag }: StoredCredential): Operation {
  return { kind: 'replace', row: credentialRow(credential.id), fields: credentialFields(credential), etag };
}

/** A deleted credential has no name row: its name is free. */
function nameSteps({ before, after }: Change): Step[] {
  const old = before && !before.credential.deletedAt ? nameRow(before.credential.name) : undefined;
  const wanted = after.deletedAt ? undefined : nameRow(after.name);
  if (old === wanted) return [];
  return [
    ...(old ? [{ operation: { kind: 'delete', row: old } satisfies Operation, conflict: mismatch }] : []),
    ...(wanted
      ? [
          {
            operation: { kind: 'insert', row: wanted, fields: { id: after.id } } satisfies Operation,
            conflict: () => nameTaken(after.name),
          },
        ]
      : []),
  ];
}

function eventStep(app: App, credential: Credential, type: EventType, by: Actor, data: Change['data'], eventIds: string[]): Step {
  const eventId = ulid(app.clock.now().getTime()).toLowerCase();
  eventIds.push(eventId);
  return {
    operation: eventOperation(eventId, {
      type,
      at: app.clock.now().toISOString(),
      credentialId: credential.id,
      by,
      data: data ?? {},
    }),
    conflict: mismatch,
  };
}

export function nameTaken(name: string): AppError {
  const detail = `Another credential of this project is called ${name}.`;
  const hint = 'Choose another name, or change the credential that has it. Case, width and spacing do not make a name different.';
  return new AppError('NAME_TAKEN', detail, { hint, errors: [{ pointer: '/name', code: 'NAME_TAKEN', detail, hint }] });
}

function mismatch(): AppError {
  return new AppError('ETAG_MISMATCH', 'The credential was changed since you read it.', {
    hint: 'Read it again, apply your change to what is there now, and send its new ETag.',
  });
}

/** Not ETAG_MISMATCH: the caller's own credential is as it was read, or is only being made. */
function contended(): AppError {
  return new AppError('STORE_UNAVAILABLE', 'Others change the same default at this moment.', {
    hint: 'Try again.',
    retryAfterSeconds: 1,
  });
}
