import { AppError } from '../lib/errors.ts';
import type { Subject } from './subject.ts';

/**
 * Holds a method that acts with regcred's own identity to what the operator listed for the project: else whoever may make
 * a credential could have regcred log in wherever it has rights. Throws ADDRESS_BLOCKED, which names the field.
 */
export function requireUpstreams({ project, method, settings }: Pick<Subject, 'project' | 'method' | 'settings'>): void {
  const errors = (method.upstreams?.(settings) ?? [])
    .filter(({ name }) => !isWithin(project.upstreams, name))
    .map(({ pointer, name }) => ({
      pointer,
      code: 'UPSTREAM_NOT_ALLOWED',
      detail: `is not among the upstreams of the project ${project.name}`,
      hint: `Let the operator add ${name}, or what it lies in, to projects[].upstreams of the policy.`,
    }));
  const [first] = errors;
  if (!first) return;
  throw new AppError('ADDRESS_BLOCKED', `This service may not act there for the project ${project.name}.`, {
    hint: first.hint,
    errors,
  });
}

/** Whether `name` is one of the upstreams, or lies below one: `/` ends a segment, so that `team` does not take `teammate` in. */
export function isWithin(upstreams: string[], name: string): boolean {
  const path = comparable(name);
  return upstreams.map(comparable).some((upstream) => path === upstream || path.startsWith(`${upstream}/`));
}

/** Azure tells its ids apart by letter, not by case; AWS does so in paths. */
function comparable(name: string): string {
  const text = name.replace(/\/+$/, '');
  return text.startsWith('arn:') ? text : text.toLowerCase();
}
