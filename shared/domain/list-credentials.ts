import { z } from 'zod';
import { DAY } from '../lib/clock.ts';
import { invalidInput } from '../lib/errors.ts';
import { findProvider } from '../providers/catalog.ts';
import { projectOf, type App } from './app.ts';
import { canSee, effectiveEnvironments, type Caller } from './caller.ts';
import { readCredential, type Credential } from './credential.ts';
import { badPageToken, readPageToken, writePageToken } from './page-token.ts';
import { PURPOSES, type Project } from './policy.ts';
import type { Row } from './ports.ts';
import { CREDENTIALS, projectPartition, rowsFrom, STATUSES, statusRow } from './rows.ts';
import { readStatus, withLearned, type Status } from './status.ts';

/** Rows that one request reads at most: a filter that rarely fits gives a short page with a next link instead of a slow answer. */
const ROWS_PER_REQUEST = 5000;

/** Rows of one read after the first, when the filter lets few through. */
const ROWS_PER_READ = 500;

const flag = z.stringbool({ truthy: ['true'], falsy: ['false'] });

export const ListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  pageToken: z.string().max(1024).optional(),
  provider: z.string().max(100).optional(),
  host: z.string().max(300).toLowerCase().optional(),
  environment: z.string().max(63).optional(),
  purpose: z.enum(PURPOSES).optional(),
  standing: z.enum(['unverified', 'accepted', 'rejected', 'expired']).optional(),
  label: z
    .string()
    .max(320)
    .regex(/^[^:]+:.*$/s, { message: 'must be key:value' })
    .optional(),
  default: flag.optional(),
  enabled: flag.optional(),
  expiresBefore: z.iso.datetime({ offset: true }).optional().meta({ description: 'Sorted by expiry, the soonest first.' }),
  unused: z.coerce.number().int().min(1).max(3650).optional().meta({ description: 'Not handed out for so many days.' }),
  deleted: flag.default(false),
});
export type ListQuery = z.output<typeof ListQuery>;

interface Listed {
  credential: Credential;
  status: Status;
}

export interface Page {
  value: Listed[];
  nextPageToken?: string;
}

/**
 * The credentials that the caller may see and that fit every filter given, by age, or by expiry with `expiresBefore`.
 * Throws INVALID_INPUT for an environment that is not declared, or a page token that is not one of this list.
 */
export async function listCredentials(
  app: App,
  { project: name, caller }: { project: string; caller: Caller },
  query: ListQuery,
): Promise<Page> {
  const project = projectOf(app, name);
  requireDeclared(project, query.environment);
  const fits = (listed: Listed) => canSee(caller, project, listed.credential) && matches(app, project, query, listed);
  return query.expiresBefore === undefined ? listByAge(app, project, query, fits) : listByExpiry(app, project, query, fits);
}

/** A typing mistake must not look like an environment without credentials. */
function requireDeclared({ environments }: Project, environment: string | undefined): void {
  if (environment === undefined || environments.includes(environment)) return;
  const hint = `One of: ${environments.join(', ')}.`;
  throw invalidInput('?environment', 'NOT_ALLOWED', 'is not an environment of this project', hint);
}

async function listByAge(
  app: App,
  project: Project,
  { limit, pageToken }: ListQuery,
  fits: (listed: Listed) => boolean,
): Promise<Page> {
  const value: Listed[] = [];
  let from = pageToken === undefined ? '' : readFrom(pageToken, PLACE_BY_AGE);
  for (let read = 0; read < ROWS_PER_REQUEST;) {
    const wanted = read === 0 ? limit + 1 : ROWS_PER_READ;
    const rows = await readRows(app, project, from, wanted);
    for (const [index, listed] of rows.entries()) {
      if (value.length === limit) return { value, nextPageToken: writePageToken({ from: rowOf(listed) }) };
      if (fits(listed)) value.push(listed);
      if (index === rows.length - 1) from = `${rowOf(listed)}!`;
    }
    if (rows.length < wanted) return { value };
    read += rows.length;
  }
  return { value, nextPageToken: writePageToken({ from }) };
}

/** Expiry is not an order that the store keeps, so all are read; only those of the page are kept. */
async function listByExpiry(
  app: App,
  project: Project,
  { limit, pageToken, expiresBefore = '' }: ListQuery,
  fits: (listed: Listed) => boolean,
): Promise<Page> {
  const after = pageToken === undefined ? '' : readFrom(pageToken, PLACE_BY_EXPIRY);
  const end = new Date(expiresBefore);
  let best: { key: string; listed: Listed }[] = [];
  for (let from = ''; ;) {
    const rows = await readRows(app, project, from, 1000);
    const fitting = rows.flatMap((listed) => {
      const { expiresAt } = listed.credential.active;
      if (expiresAt === undefined || new Date(expiresAt) >= end) return [];
      const key = `${new Date(expiresAt).toISOString()} ${listed.credential.id}`;
      return key > after && fits(listed) ? [{ key, listed }] : [];
    });
    best = [...best, ...fitting].toSorted((a, b) => (a.key < b.key ? -1 : 1)).slice(0, limit + 1);
    const last = rows.at(-1);
    if (!last || rows.length < 1000) break;
    from = `${rowOf(last)}!`;
  }
  const page = best.slice(0, limit);
  const last = page.at(-1);
  return {
    value: page.map(({ listed }) => listed),
    ...(last && best.length > limit && { nextPageToken: writePageToken({ from: last.key }) }),
  };
}

/** Credentials from a row on, each with its status: two range reads, because both lie in the order of the id. */
async function readRows(app: App, project: Project, from: string, limit: number): Promise<Listed[]> {
  const partition = projectPartition(project.name);
  const rows = await app.records.range(partition, { ...rowsFrom(CREDENTIALS, from), limit });
  const credentials = rows.map((row) => readCredential(row).credential);
  const statuses = await readStatuses(app, partition, credentials);
  return credentials.map((credential) => {
    const status = readStatus(statuses.get(statusRow(credential.id)), credential);
    return { credential: withLearned(credential, status), status };
  });
}

async function readStatuses(app: App, partition: string, credentials: Credential[]): Promise<Map<string, Row>> {
  const [first, last] = [credentials.at(0), credentials.at(-1)];
  if (!first || !last) return new Map();
  const rows = await app.records.range(partition, {
    from: statusRow(first.id),
    to: `${statusRow(last.id)}!`,
    limit: Math.min(credentials.length, 1000),
  });
  return new Map(rows.filter(({ row }) => row.startsWith(STATUSES)).map((row) => [row.row, row]));
}

function matches(app: App, project: Project, query: ListQuery, { credential, status }: Listed): boolean {
  const { provider, host, environment, purpose, standing, label, enabled, unused } = query;
  const tests: boolean[] = [
    query.deleted === (credential.deletedAt !== undefined),
    provider === undefined || credential.provider === findProvider(provider)?.id,
    host === undefined || credential.registry.host === host,
    environment === undefined || effectiveEnvironments(project, credential).includes(environment),
    purpose === undefined || credential.purpose === purpose,
    standing === undefined || status.standing === standing,
    label === undefined || hasLabel(credential, label),
    query.default === undefined || isDefault(credential, environment) === query.default,
    enabled === undefined || credential.enabled === enabled,
    unused === undefined || lastUse(credential, status) <= app.clock.now().getTime() - unused * DAY,
  ];
  return tests.every(Boolean);
}

function hasLabel({ labels }: Credential, label: string): boolean {
  const colon = label.indexOf(':');
  return labels[label.slice(0, colon)] === label.slice(colon + 1);
}

function isDefault({ defaultIn }: Credential, environment: string | undefined): boolean {
  return environment === undefined ? defaultIn.length > 0 : defaultIn.includes(environment);
}

/** One that was never used counts from its creation. */
function lastUse({ createdAt }: Credential, { lastUsedAt }: Status): number {
  return new Date(lastUsedAt ?? createdAt).getTime();
}

function rowOf({ credential }: Listed): string {
  return `${CREDENTIALS}${credential.id}`;
}

/** Where a page of either list begins; a token of the other one would give an empty page that looks like the end. */
const PLACE_BY_AGE = /^credential:cred-[0-9a-z]{26}!?$/;
const PLACE_BY_EXPIRY = /^\d{4}-\d\d-\d\dT[\d:.]{12}Z cred-[0-9a-z]{26}$/;

function readFrom(pageToken: string, place: RegExp): string {
  const { from } = readPageToken(pageToken);
  if (typeof from !== 'string' || !place.test(from)) throw badPageToken();
  return from;
}
