import { expect, test } from 'vitest';
import type { Credential } from '../../shared/domain/credential.ts';
import { warningsOfCredential } from '../../shared/domain/credential-warnings.ts';
import { unverified, type Status } from '../../shared/domain/status.ts';
import { after, DAY } from '../../shared/lib/clock.ts';

const PROJECT = { name: 'default', environments: ['dev', 'prod'], networks: [], upstreams: [] };
const NOW = new Date('2026-11-21T12:00:00Z');

function warnings({
  days,
  purpose = 'pull',
  capabilities,
  checked = [],
  environments = ['prod'],
  method = 'password',
  issuedDaysAgo,
  everyDays,
}: {
  days?: number;
  purpose?: 'pull' | 'push';
  capabilities?: Status['capabilities'];
  /** Codes of what the last check said. */
  checked?: string[];
  environments?: string[];
  method?: 'password' | 'node-role' | 'of-another-release';
  /** By the provider's word. */
  issuedDaysAgo?: number;
  /** Of the rotation policy. */
  everyDays?: number;
}): string[] {
  const expiresAt = days === undefined ? undefined : after(NOW, days * DAY).toISOString();
  const provider = method === 'password' ? 'generic' : 'ecr';
  const credential = {
    provider,
    method,
    purpose,
    environments,
    active: {
      settings: {},
      since: NOW.toISOString(),
      expiresAt,
      ...(issuedDaysAgo !== undefined && { issuedAt: after(NOW, -issuedDaysAgo * DAY).toISOString() }),
    },
    ...(everyDays !== undefined && { rotationPolicy: { everyDays, graceHours: 24, issuer: 'self' } }),
  } as unknown as Credential;
  const status = { ...unverified(credential), capabilities, warnings: checked.map((code) => ({ code, detail: '', hint: '' })) };
  return warningsOfCredential(credential, status, PROJECT, NOW).map(({ code }) => code);
}

test.for([
  { what: { days: 31 }, codes: [] },
  { what: { days: 30 }, codes: ['EXPIRES_SOON'] },
  { what: { days: -1 }, codes: ['EXPIRED'] },
  { what: { days: 3, checked: ['EXPIRES_SOON'] }, codes: ['EXPIRES_SOON'] },
  { what: { days: -1, checked: ['EXPIRES_SOON'] }, codes: ['EXPIRED'] },
  { what: { checked: ['EXPIRES_SOON', 'NEVER_EXPIRES'] }, codes: ['EXPIRES_SOON', 'NEVER_EXPIRES'] },
  { what: {}, codes: [] },
  { what: { capabilities: [{ repository: 'a', pull: 'yes' as const }] }, codes: [] },
  { what: { capabilities: [{ repository: 'a', push: 'yes' as const }] }, codes: ['MORE_THAN_PULL'] },
  { what: { purpose: 'push' as const, capabilities: [{ repository: 'a', push: 'yes' as const }] }, codes: [] },
  { what: { environments: ['dev', 'prod'] }, codes: ['SHARED_BY_ENVIRONMENTS'] },
  { what: { environments: [] }, codes: ['SHARED_BY_ENVIRONMENTS'] },
  { what: { environments: [], method: 'node-role' as const }, codes: [] },
  { what: { environments: [], method: 'of-another-release' as const }, codes: [] },
  { what: { everyDays: 90 }, codes: [] },
  { what: { everyDays: 90, issuedDaysAgo: 89 }, codes: [] },
  { what: { everyDays: 90, issuedDaysAgo: 90 }, codes: ['REPLACEMENT_DUE'] },
  { what: { issuedDaysAgo: 900 }, codes: [] },
])('a credential with $what warns of $codes', ({ what, codes }) => {
  expect(warnings(what)).toEqual(codes);
});
