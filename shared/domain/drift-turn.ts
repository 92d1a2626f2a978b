import { MINUTE } from '../lib/clock.ts';
import { AppError } from '../lib/errors.ts';
import type { App } from './app.ts';
import { listProject, namesOnTheirWay, readClaims, storesOf } from './drift-sources.ts';
import { findDrift, type Claim, type Finding } from './find-drift.ts';
import type { Job, Turn } from './job.ts';
import type { SecretStoreName } from './policy.ts';
import type { Fields, SecretVersion } from './ports.ts';

/** Milliseconds for all listings: within `functionTimeout` in host.json, and the worker does nothing else meanwhile. */
const LISTING_LIMIT = 6 * MINUTE;

/** Findings that a report shows, which must fit into one field of a row; the counts tell of all. */
const MOST_FINDINGS = 100;

/** What a drift check found. */
export interface DriftReport {
  /** Records that are not deleted and point to a secret. */
  records: number;
  /** Versions of this project in the stores that could be listed. */
  versions: number;
  /** Findings by code. */
  counts: Record<string, number>;
  findings: Finding[];
  /** Whether there are more findings than these. */
  isCut: boolean;
}

/** Compares all at once, so that a turn which is cut off is done again. It changes nothing. Throws STORE_UNAVAILABLE for the records. */
export async function driftTurn(app: App, { project }: Job): Promise<Turn> {
  const known = await namesOnTheirWay(app, project);
  const before = await readClaims(app, project);
  const listings = new Map<SecretStoreName, SecretVersion[] | Finding>();
  const end = performance.now() + LISTING_LIMIT;
  const isOver = () => performance.now() > end;
  for (const store of storesOf(app, project, before)) listings.set(store, await listOrTell(app, { project, store, isOver }));
  const later = await readClaims(app, project);

  const now = app.clock.now();
  const findings = [...listings].flatMap(([store, listed]) =>
    Array.isArray(listed)
      ? findDrift({ store, now, before: within(store, before), after: within(store, later), listed, known })
      : [listed],
  );
  const versions = [...listings.values()].flatMap((listed) => (Array.isArray(listed) ? listed : [])).length;
  const records = later.filter(({ deletedAt }) => deletedAt === undefined).length;
  return { data: { ...reportOf(findings), records, versions } };
}

/** A store that cannot be had is what a drift check is there to tell. */
async function listOrTell(app: App, listing: Parameters<typeof listProject>[1]): Promise<SecretVersion[] | Finding> {
  try {
    return await listProject(app, listing);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return {
      code: 'STORE_UNAVAILABLE',
      store: listing.store,
      hint: [error.message, error.details.hint].filter(Boolean).join(' '),
    };
  }
}

function within(store: SecretStoreName, claims: Claim[]): Claim[] {
  return claims.filter(({ secret }) => secret.store === store);
}

function reportOf(findings: Finding[]): Fields {
  const byCode = Map.groupBy(findings, ({ code }) => code);
  return {
    counts: Object.fromEntries([...byCode].map(([code, some]) => [code, some.length])),
    findings: findings.slice(0, MOST_FINDINGS).map((finding) => ({ ...finding })),
    isCut: findings.length > MOST_FINDINGS,
  };
}
