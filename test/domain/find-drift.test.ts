import { describe, expect, test } from 'vitest';
import { findDrift, type Claim, type Sighting } from '../../shared/domain/find-drift.ts';
import { after, HOUR, MINUTE } from '../../shared/lib/clock.ts';

const now = new Date('2030-01-01T12:00:00Z');
const old = after(now, -2 * HOUR);
const young = after(now, -59 * MINUTE);

function claim(name: string, version = '1', deletedAt?: Date): Claim {
  const updatedAt = (deletedAt ?? old).toISOString();
  const secret = { store: 'local' as const, name, version };
  return { id: `of-${name}`, secret, updatedAt, ...(deletedAt && { deletedAt: updatedAt }) };
}

const listed = (name: string, version = '1', createdAt = old) => ({ name, version, createdAt });

function find(seen: Partial<Sighting>) {
  const { before = [], after = before } = seen;
  return findDrift({ store: 'local', now, listed: [], known: new Set(), ...seen, before, after }).map(
    ({ code, name, version, credentialId }) => [code, name, version, credentialId],
  );
}

describe('findDrift', () => {
  test.for<[string, Partial<Sighting>, unknown[]]>([
    ['nothing where all agree', { before: [claim('a')], listed: [listed('a')] }, []],
    ['a secret that is gone', { before: [claim('a')] }, [['SECRET_MISSING', 'a', '1', 'of-a']]],
    [
      'a version that is gone, and one that nobody asks for',
      { before: [claim('a', '2')], listed: [listed('a', '1')] },
      [
        ['VERSION_MISSING', 'a', '2', 'of-a'],
        ['UNUSED_VERSION', 'a', '1', 'of-a'],
      ],
    ],
    ['a secret of nobody', { listed: [listed('x')] }, [['ORPHAN_SECRET', 'x', '1', undefined]]],
    [
      'a secret that outlived its credential',
      { before: [claim('a', '1', old)], listed: [listed('a')] },
      [['NOT_REMOVED', 'a', '1', 'of-a']],
    ],
  ])('tells of %s', ([, seen, expected]) => {
    expect(find(seen)).toEqual(expected);
  });

  test.for<[string, Partial<Sighting>]>([
    ['a secret that is younger than an hour', { listed: [listed('x', '1', young)] }],
    ['a secret that is known to be on its way', { listed: [listed('x')], known: new Set(['x']) }],
    ['a credential that was restored a moment ago', { before: [{ ...claim('a'), updatedAt: young.toISOString() }] }],
    ['a credential that was deleted meanwhile', { before: [claim('a')], after: [claim('a', '1', now)] }],
    ['a credential that was deleted a moment ago', { before: [claim('a', '1', young)], listed: [listed('a')] }],
    ['a deleted credential whose secret is gone', { before: [claim('a', '1', old)] }],
    ['a credential that was made meanwhile', { after: [claim('a')] }],
    ['a login that was replaced meanwhile', { before: [claim('a', '1')], after: [claim('a', '2')], listed: [listed('a', '1')] }],
    ['a credential that was moved meanwhile', { before: [claim('a')], after: [claim('b')], listed: [listed('a')] }],
  ])('says nothing of %s', ([, seen]) => {
    expect(find(seen)).toEqual([]);
  });
});
