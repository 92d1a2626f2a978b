import { expect, test } from 'vitest';
import type { Credential } from '../../shared/domain/credential.ts';
import { warningsOfCredential } from '../../shared/domain/credential-warnings.ts';
import { unverified, type Status } from '../../shared/domain/status.ts';
import { after, DAY } from '../../shared/lib/clock.ts';

const NOW = new Date('2026-11-21T12:00:00Z');

function warnings({
  days,
  purpose = 'pull',
  capabilities,
}: {
  days?: number;
  purpose?: 'pull' | 'push';
  capabilities?: Status['capabilities'];
}): string[] {
  const expiresAt = days === undefined ? undefined : after(NOW, days * DAY).toISOString();
  const credential = { purpose, active: { settings: {}, since: NOW.toISOString(), expiresAt } } as unknown as Credential;
  return warningsOfCredential(credential, { ...unverified(credential), capabilities }, NOW).map(({ code }) => code);
}

test.for([
  { what: { days: 31 }, codes: [] },
  { what: { days: 30 }, codes: ['EXPIRES_SOON'] },
  { what: { days: -1 }, codes: ['EXPIRED'] },
  { what: {}, codes: [] },
  { what: { capabilities: [{ repository: 'a', pull: 'yes' as const }] }, codes: [] },
  { what: { capabilities: [{ repository: 'a', push: 'yes' as const }] }, codes: ['MORE_THAN_PULL'] },
  { what: { purpose: 'push' as const, capabilities: [{ repository: 'a', push: 'yes' as const }] }, codes: [] },
])('a credential with $what warns of $codes', ({ what, codes }) => {
  expect(warnings(what)).toEqual(codes);
});
