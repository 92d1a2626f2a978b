import type { Capability, Stage, Verdict, Warning } from '../oci/stages.ts';
import { withoutUndefined, type Credential } from './credential.ts';
import type { Fields, Row } from './ports.ts';

export type Standing = 'unverified' | 'accepted' | 'rejected' | 'expired';

/** What regcred learned of a credential. It lies beside the record, so that learning never disturbs whoever edits. */
export interface Status {
  schemaVersion: 1;
  /** The `active.since` that all but `lastUsedAt` is about: what was learned of replaced material counts no more. */
  of: string;
  standing: Standing;
  lastCheck?: { at: string; verdict: Verdict; stages: Stage[] };
  capabilities?: Capability[];
  warnings: Warning[];
  /** The provider's own word about the login in use, from a check after it was stored. */
  identity?: { expiresAt?: string; issuedAt?: string; upstreamId?: string };
  lastUsedAt?: string;
}

/** The status of a credential; one that was never checked, or not since its material changed, is `unverified`. */
export function readStatus(row: Row | undefined, credential: Credential): Status {
  const stored = row?.fields as unknown as Status | undefined;
  if (stored?.of === credential.active.since) return stored;
  return unverified(credential, stored?.lastUsedAt);
}

/** The credential with what checks learned of its login since it was stored; for looking, never for storing. */
export function withLearned(credential: Credential, { identity }: Status): Credential {
  return identity ? { ...credential, active: { ...credential.active, ...identity } } : credential;
}

/** Whether a status is about another login than the credential had when it was read: every commit of a login writes both. */
export function isOfAnother({ fields }: Row, { active }: Credential): boolean {
  return fields['of'] !== active.since;
}

export function unverified(credential: Credential, lastUsedAt?: string): Status {
  return {
    schemaVersion: 1,
    of: credential.active.since,
    standing: 'unverified',
    warnings: [],
    ...(lastUsedAt && { lastUsedAt }),
  };
}

export function statusFields(status: Status): Fields {
  return withoutUndefined(status);
}

/** What a verdict makes of a standing; undefined: it stays as it was, because "down" is never "no". */
export function standingAfter(verdict: Verdict): Standing | undefined {
  switch (verdict) {
    case 'valid':
      return 'accepted';
    case 'indeterminate':
      return 'unverified';
    case 'expired':
      return 'expired';
    case 'invalid_credentials':
    case 'insufficient_permission':
      return 'rejected';
    case 'blocked_by_policy':
    case 'misconfigured':
    case 'unreachable':
    case 'rate_limited':
      return undefined;
  }
}
