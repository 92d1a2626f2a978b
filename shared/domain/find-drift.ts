import { after, HOUR } from '../lib/clock.ts';
import type { SecretPointer } from './credential.ts';
import type { SecretStoreName } from './policy.ts';
import type { SecretVersion } from './ports.ts';

/** What is younger may be of a change that is under way: changes that died are tidied up within half of it. */
const UNDER_WAY = HOUR;

export type DriftCode =
  'SECRET_MISSING' | 'VERSION_MISSING' | 'NOT_REMOVED' | 'UNUSED_VERSION' | 'ORPHAN_SECRET' | 'STORE_UNAVAILABLE';

/** Something that records and stores do not agree on. */
export interface Finding {
  code: DriftCode;
  store: SecretStoreName;
  name?: string;
  version?: string;
  credentialId?: string;
  /** What the store's own error says. */
  hint?: string;
}

/** What a record says of a secret. */
export interface Claim {
  id: string;
  secret: SecretPointer;
  updatedAt: string;
  deletedAt?: string;
}

/** What was seen of one store: records before and after it was listed, so that a change meanwhile is no drift. */
export interface Sighting {
  store: SecretStoreName;
  now: Date;
  before: Claim[];
  after: Claim[];
  /** The versions of this project. */
  listed: Pick<SecretVersion, 'name' | 'version' | 'createdAt'>[];
  /** Names that no record has, and that are known to be on their way in or out. */
  known: Set<string>;
}

export function findDrift(seen: Sighting): Finding[] {
  return [...missing(seen), ...unclaimed(seen)];
}

/** What a live record points to, for a while, and the store does not have. A vault takes minutes to restore a secret. */
function missing({ store, now, before, after: later, listed }: Sighting): Finding[] {
  const settled = after(now, -UNDER_WAY);
  const names = new Set(listed.map(({ name }) => name));
  const versions = new Set(listed.map(keyOf));
  const isSettled = ({ updatedAt, ...claim }: Claim) => isLive(claim) && new Date(updatedAt) <= settled;
  const still = new Set(later.filter(isSettled).map(({ secret }) => keyOf(secret)));
  return before
    .filter((claim) => isSettled(claim) && still.has(keyOf(claim.secret)) && !versions.has(keyOf(claim.secret)))
    .map(({ id, secret: { name, version } }) => ({
      code: names.has(name) ? 'VERSION_MISSING' : 'SECRET_MISSING',
      store,
      name,
      version,
      credentialId: id,
    }));
}

/** What the store has, for a while, and no live record points to. */
function unclaimed({ store, now, before, after: later, listed, known }: Sighting): Finding[] {
  const settled = after(now, -UNDER_WAY);
  const claims = [...before, ...later];
  const live = claims.filter(isLive);
  const used = new Set(live.map(({ secret }) => keyOf(secret)));
  const owner = new Map(live.map(({ id, secret }) => [secret.name, id]));
  const deleted = new Map(claims.flatMap(({ id, secret, deletedAt }) => (deletedAt ? [[secret.name, { id, deletedAt }]] : [])));
  return listed.flatMap(({ name, version, createdAt }): Finding[] => {
    const found = { store, name, version };
    if (used.has(keyOf(found)) || known.has(name) || createdAt > settled) return [];
    const credentialId = owner.get(name);
    if (credentialId) return [{ code: 'UNUSED_VERSION', ...found, credentialId }];
    const removed = deleted.get(name);
    if (!removed) return [{ code: 'ORPHAN_SECRET', ...found }];
    return new Date(removed.deletedAt) > settled ? [] : [{ code: 'NOT_REMOVED', ...found, credentialId: removed.id }];
  });
}

function isLive({ deletedAt }: Pick<Claim, 'deletedAt'>): boolean {
  return deletedAt === undefined;
}

function keyOf({ name, version }: Pick<SecretPointer, 'name' | 'version'>): string {
  return `${name}/${version}`;
}
