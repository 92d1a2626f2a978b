import { constraint, type Constraint } from './route-constraint.ts';

export type RouteParams = Record<string, string>;

interface Parameter {
  name: string;
  optional: boolean;
  catchAll: boolean;
  defaultValue?: string;
  constraints: Constraint[];
}

type Segment = { literal: string } | { parameter: Parameter };

/** Answers the parameters of a path that fits, or undefined. The path comes in segments, still percent-encoded. */
export type RouteMatcher = (segments: string[]) => RouteParams | undefined;

/**
 * Reads an ASP.NET route template: `literal`, `{name}`, `{name?}`, `{name=default}`, `{name:constraint:...}`, `{*rest}`.
 * Throws an Error that names the template if it cannot be read.
 *
 * https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates
 */
export function parseRouteTemplate(template: string): RouteMatcher {
  const segments = splitTemplate(template).map((text) => parseSegment(text, template));
  return (path) => matchSegments(segments, path);
}

function matchSegments(segments: Segment[], path: string[]): RouteParams | undefined {
  const params: RouteParams = {};
  for (const [index, segment] of segments.entries()) {
    if ('literal' in segment) {
      if (decodeSegment(path[index] ?? '').toLowerCase() !== segment.literal.toLowerCase()) return undefined;
      continue;
    }
    const { name, optional, catchAll, defaultValue, constraints } = segment.parameter;
    const given = catchAll ? path.slice(index).map(decodeSegment).join('/') : decodeSegment(path[index] ?? '');
    const value = given === '' ? defaultValue : given;
    if (value === undefined) {
      if (optional || catchAll) continue;
      return undefined;
    }
    if (!constraints.every((holds) => holds(value))) return undefined;
    params[name] = value;
  }
  const hasCatchAll = segments.some((segment) => 'parameter' in segment && segment.parameter.catchAll);
  return hasCatchAll || path.length <= segments.length ? params : undefined;
}

/** As the platform's server decodes a path: an encoded slash stays encoded, and what is no valid encoding stays as it is. */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment.replaceAll(/%2f/gi, (slash) => `%25${slash.slice(1)}`));
  } catch {
    return segment;
  }
}

/** At slashes, but not at those in a parameter's constraint. */
function splitTemplate(template: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const char of template.replace(/^\/|\/$/g, '')) {
    if (char === '{') depth += 1;
    if (char === '}') depth -= 1;
    if (char === '/' && depth === 0) parts.push('');
    else parts[parts.length - 1] += char;
  }
  return parts;
}

function parseSegment(text: string, template: string): Segment {
  if (!/[{}]/.test(text)) return { literal: text };
  const inner = /^\{(.+)\}$/s.exec(text)?.[1];
  const [, stars = '', name, rest = ''] = /^(\*{0,2})(\w+)(.*)$/s.exec(inner ?? '') ?? [];
  if (!name) throw new Error(`Route "${template}": this host cannot read "${text}"`);
  const { constraints, tail } = parseConstraints(rest, template);
  return {
    parameter: {
      name,
      catchAll: stars !== '',
      optional: tail === '?',
      ...(tail.startsWith('=') && { defaultValue: tail.slice(1) }),
      constraints,
    },
  };
}

/** `:int:range(1,5)?` and the like; braces in a regular expression are doubled. */
function parseConstraints(text: string, template: string): { constraints: Constraint[]; tail: string } {
  const constraints: Constraint[] = [];
  let rest = text;
  for (;;) {
    // A constraint's argument ends at the bracket before the next constraint, the mark of an option, a default or the end.
    const [whole, name, argument] = /^:(\w+)(?:\((.*?)\)(?=$|[:?=]))?/s.exec(rest) ?? [];
    if (whole === undefined || name === undefined) break;
    constraints.push(constraint(name, argument?.replaceAll('{{', '{').replaceAll('}}', '}'), template));
    rest = rest.slice(whole.length);
  }
  if (rest !== '' && rest !== '?' && !rest.startsWith('='))
    throw new Error(`Route "${template}": this host cannot read "${rest}"`);
  return { constraints, tail: rest };
}
