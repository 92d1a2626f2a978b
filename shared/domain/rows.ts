import { createHash } from 'node:crypto';
import type { Purpose } from './policy.ts';

/** The last character of a range over keys that begin with a prefix: keys are printable ASCII, `~` is the largest. */
const END = '~';

/** All that belongs to a project lies in one partition, so that one transaction can change it. */
export const projectPartition = (project: string) => `project:${project}`;

/** What should happen later, ordered by time. */
export const DUE_PARTITION = 'due';

/** Hand-outs are many: a partition for each credential and day. */
export const handOutPartition = (id: string, day: string) => `handouts:${id}:${day}`;

/** All else that happened, for each project and day. */
export const activityPartition = (project: string, day: string) => `activity:${project}:${day}`;

export const CREDENTIALS = 'credential:';
export const EVENTS = 'event:';
export const IDEMPOTENCY_KEYS = 'idempotency:';
export const JOBS = 'job:';
export const STATUSES = 'status:';

export const EXTERNAL_ID_ROW = 'external-id';
export const LAST_DRIFT_CHECK_ROW = 'last-drift-check';
export const credentialRow = (id: string) => `${CREDENTIALS}${id}`;
export const statusRow = (id: string) => `${STATUSES}${id}`;
export const jobRow = (id: string) => `${JOBS}${id}`;
export const jobParts = (id: string) => `job-part:${id}:`;
export const jobPartRow = (id: string, number: number) => `${jobParts(id)}${String(number).padStart(6, '0')}`;
export const eventRow = (eventId: string) => `${EVENTS}${eventId}`;
export const defaultRow = (host: string, environment: string, purpose: Purpose) => `default:${host}:${environment}:${purpose}`;

/** Two names that a person would take for one are one: compatibility forms, case and runs of white space do not count. */
export const nameRow = (name: string) =>
  `name:${digest(name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC').replaceAll(/\s+/gu, ' ').trim())}`;

/** A key belongs to the caller that made it up. */
export const idempotencyRow = (issuer: string, subject: string, key: string) =>
  `${IDEMPOTENCY_KEYS}${digest(JSON.stringify([issuer, subject, key]))}`;

/** The rows whose keys begin with `prefix`, from `from` on. */
export const rowsFrom = (prefix: string, from = '') => ({ from: from || prefix, to: `${prefix}${END}` });

/** The day of a moment, in UTC: 20261121. */
export const dayOf = (at: Date) => at.toISOString().slice(0, 10).replaceAll('-', '');

/** Sorts the newest first: milliseconds counted down from the year 5138. */
export const inverseTime = (at: Date) => String(99_999_999_999_999 - at.getTime()).padStart(14, '0');

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
