import { AppError } from '../lib/errors.ts';
import { PURPOSES, type Project, type Purpose, type Role, type Rule } from './policy.ts';

/** Who acts, as the token says, and what the policy's rules grant. */
export interface Caller {
  issuer: string;
  subject: string;
  /** The rules that match the token. One of them must grant a thing whole; they are never added up. */
  rules: Rule[];
}

/** Who did something: stored with records and activity. */
export interface Actor {
  issuer: string;
  subject: string;
}

/** What regcred itself does, by clock or queue. */
export const REGCRED: Actor = { issuer: 'regcred', subject: 'regcred' };

/** The part of a credential that rights depend on. `environments: []` means all that the project has. */
export interface Scope {
  environments: string[];
  purpose: Purpose;
}

const INCLUDED: Record<Role, Role[]> = {
  reader: ['reader'],
  consumer: ['consumer', 'reader'],
  operator: ['operator', 'reader'],
  admin: ['admin', 'operator', 'consumer', 'reader'],
};

export function actor({ issuer, subject }: Caller): Actor {
  return { issuer, subject };
}

/** The caller's rules that give `role` in `project`, whatever the environment. */
function rulesFor(caller: Caller, project: string, role: Role): Rule[] {
  return caller.rules.filter((rule) => isProject(rule, project) && rule.roles.some((given) => INCLUDED[given].includes(role)));
}

function isProject(rule: Rule, project: string): boolean {
  return rule.project === '*' || rule.project === project;
}

/** Throws NOT_FOUND for a project in which the caller has no rights at all, as for one that does not exist; FORBIDDEN without the role. */
export function requireRole(caller: Caller, project: Project | undefined, role: Role): Project {
  if (!project || !caller.rules.some((rule) => isProject(rule, project.name)))
    throw new AppError('NOT_FOUND', 'No such project.', { hint: 'Check the name, and that your token gives rights in it.' });
  if (rulesFor(caller, project.name, role).length === 0) throw forbidden(role);
  return project;
}

/** True if one rule gives `role` for this purpose and at least one of these environments: enough to see that it is there. */
export function canSee(caller: Caller, project: Project, scope: Scope): boolean {
  const wanted = effectiveEnvironments(project, scope);
  return rulesFor(caller, project.name, 'reader').some(
    (rule) =>
      coversPurpose(rule, scope.purpose) &&
      (rule.environments === undefined || wanted.some((name) => rule.environments?.includes(name))),
  );
}

/** The rules each of which gives `role` for this purpose in all of these environments. */
export function grantingRules(caller: Caller, project: Project, role: Role, scope: Scope): Rule[] {
  const wanted = effectiveEnvironments(project, scope);
  return rulesFor(caller, project.name, role).filter(
    (rule) =>
      coversPurpose(rule, scope.purpose) &&
      (rule.environments === undefined || wanted.every((name) => rule.environments?.includes(name))),
  );
}

/** Throws FORBIDDEN unless one rule gives `role` for this purpose in all of these environments. */
export function requireGrant(caller: Caller, project: Project, role: Role, scope: Scope): Rule[] {
  const rules = grantingRules(caller, project, role, scope);
  if (rules.length === 0) throw forbidden(role, scope);
  return rules;
}

/** Whether the caller is an admin of all that the project has, and may have. */
export function isProjectAdmin(caller: Caller, project: Project): boolean {
  return PURPOSES.every((purpose) => grantingRules(caller, project, 'admin', { environments: [], purpose }).length > 0);
}

/** The environments that a credential counts for. */
export function effectiveEnvironments(project: Project, { environments }: Pick<Scope, 'environments'>): string[] {
  return environments.length > 0 ? environments : project.environments;
}

function coversPurpose(rule: Rule, purpose: Purpose): boolean {
  return rule.purposes === undefined || rule.purposes.includes(purpose);
}

function forbidden(role: Role, scope?: Scope): AppError {
  const where = scope
    ? ` for purpose ${scope.purpose} in ${scope.environments.length > 0 ? scope.environments.join(', ') : 'all environments'}`
    : '';
  return new AppError('FORBIDDEN', `This needs the role ${role}${where}, from one rule.`, {
    hint: 'Ask the operator for a rule in the policy that grants it.',
  });
}
