import { DAY } from '../lib/clock.ts';
import type { Warning } from '../oci/stages.ts';
import { findMethod } from '../providers/catalog.ts';
import { effectiveEnvironments } from './caller.ts';
import type { Credential } from './credential.ts';
import { replacementDue } from './plan.ts';
import type { Project } from './policy.ts';
import type { Status } from './status.ts';

/** From so many days before its end on, a credential says that it ends. */
const SOON_DAYS = 30;

/** What works and yet should be looked at: what checks said, and what the record itself shows now. */
export function warningsOfCredential(credential: Credential, status: Status, project: Project, now: Date): Warning[] {
  // Where the record knows the end it counts the days itself: what the last check said of it is the same, and older.
  const checked = status.warnings.filter(({ code }) => code !== 'EXPIRES_SOON' || credential.active.expiresAt === undefined);
  return [
    ...checked,
    ...expiryWarnings(credential, now),
    ...ruleWarnings(credential, now),
    ...rightsWarnings(credential, status),
    ...sharingWarnings(credential, project),
  ];
}

function expiryWarnings({ active }: Credential, now: Date): Warning[] {
  if (active.expiresAt === undefined) return [];
  const days = Math.ceil((new Date(active.expiresAt).getTime() - now.getTime()) / DAY);
  if (days <= 0)
    return [{ code: 'EXPIRED', detail: `The login ended at ${active.expiresAt}.`, hint: 'Give a new secret with PATCH.' }];
  if (days > SOON_DAYS) return [];
  return [
    {
      code: 'EXPIRES_SOON',
      detail: `The login ends in ${days} ${days === 1 ? 'day' : 'days'}.`,
      hint: 'Issue a new secret and give it with PATCH.',
    },
  ];
}

/** What was made long before it came here may be over the rule at once, and is reminded of no more. */
function ruleWarnings(credential: Credential, now: Date): Warning[] {
  const due = replacementDue(credential);
  if (!due || due > now) return [];
  return [
    {
      code: 'REPLACEMENT_DUE',
      detail: `It should have been replaced by ${due.toISOString().slice(0, 10)}, as its rotation policy says.`,
      hint: 'Issue a new secret and give it with PATCH.',
    },
  ];
}

function rightsWarnings({ purpose }: Credential, { capabilities = [] }: Status): Warning[] {
  const more = capabilities
    .filter((capability) => capability.push === 'yes' || capability.delete === 'yes')
    .map(({ repository }) => repository);
  if (purpose !== 'pull' || more.length === 0) return [];
  return [
    {
      code: 'MORE_THAN_PULL',
      detail: `It is for pulling, but may change ${more.join(', ')}.`,
      hint: 'Use a login that may only pull.',
    },
  ];
}

/** Where there is no login, nothing is shared; nor can that be said of a method that this release does not know. */
function sharingWarnings(credential: Credential, project: Project): Warning[] {
  const environments = effectiveEnvironments(project, credential);
  if (environments.length < 2 || !findMethod(credential.provider, credential.method)?.login) return [];
  return [
    {
      code: 'SHARED_BY_ENVIRONMENTS',
      detail: `One login serves ${environments.join(', ')}: whoever gets hold of it in one has it for all.`,
      hint: 'Make a credential for each environment, with a login of its own.',
    },
  ];
}
