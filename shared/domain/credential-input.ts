import { z } from 'zod';
import { invalidInput } from '../lib/errors.ts';
import { invalidFields, parseInput } from '../lib/parse-input.ts';
import type { Secret } from '../lib/secret.ts';
import { formSchema } from '../providers/catalog.ts';
import type { Method, Provider } from '../providers/provider.ts';
import { chooseMethod } from './choose-method.ts';
import { CommonInput } from './common-input.ts';
import type { Json } from './ports.ts';
import type { Project } from './policy.ts';

/** A request body, understood. */
export interface CredentialInput {
  common: CommonInput & { tls: NonNullable<CommonInput['tls']> };
  provider: Provider;
  method: Method;
  settings: Record<string, Json>;
  /** Undefined where the body has none of the method's secret fields; only a change may leave them out. */
  material?: Record<string, Secret>;
}

/** Reads a create request. Throws INVALID_INPUT with every mistake. */
export function readCreateInput(project: Project, body: unknown): CredentialInput {
  return readInput(project, body, { nameRequired: true, materialRequired: true });
}

/** Reads a request to check without storing: as create, but the name may be left out. */
export function readCheckInput(project: Project, body: unknown): CredentialInput {
  return readInput(project, body, { nameRequired: false, materialRequired: true });
}

/**
 * Reads what a merge patch made of a stored credential; the secret fields may be left out. Environments that it has
 * already may stay although the policy has dropped them since: else nobody could switch it off.
 */
export function readMergedInput(project: Project, merged: unknown, environments: string[]): CredentialInput {
  return readInput(project, merged, { nameRequired: true, materialRequired: false, environments });
}

interface Need {
  nameRequired: boolean;
  materialRequired: boolean;
  /** Allowed beside those that the project declares. */
  environments?: string[];
}

function readInput(project: Project, body: unknown, need: Need): CredentialInput {
  const { provider, method, fields: given, nameOf } = chooseMethod(body);
  const wanted = !need.nameRequired && !('name' in given) ? { name: 'check', ...given } : given;
  const hasMaterial = Object.keys(method.material.shape).some((name) => name in given);
  const schema = need.materialRequired || hasMaterial ? wholeSchema(method) : settingsSchema(method);
  const parsed = parseInput(schema, wanted, '', nameOf) as Record<string, unknown>;

  const common = pick(parsed, Object.keys(CommonInput.shape)) as CommonInput;
  requireDeclared(project, common.environments, need.environments);
  const settings = pick(parsed, Object.keys(method.settings.shape)) as Record<string, Json>;
  const contradictions = method.contradictions?.(settings) ?? [];
  if (contradictions.length > 0) throw invalidFields(contradictions);
  return {
    common: { ...common, environments: [...new Set(common.environments)], tls: tlsMode(common, given['url']) },
    provider,
    method,
    settings,
    ...((need.materialRequired || hasMaterial) && {
      material: pick(parsed, Object.keys(method.material.shape)) as Record<string, Secret>,
    }),
  };
}

/** Made once for each method: to make a schema takes longer than to parse with it. */
const settingsSchema = once((method: Method) =>
  z.strictObject({
    ...CommonInput.shape,
    provider: z.string().optional(),
    method: z.string().optional(),
    ...method.settings.shape,
  }),
);
const wholeSchema = once((method: Method) => settingsSchema(method).extend(method.material.shape));

function once<Schema>(make: (method: Method) => Schema): (method: Method) => Schema {
  const made = new Map<Method, Schema>();
  return (method) => {
    const schema = made.get(method) ?? make(method);
    made.set(method, schema);
    return schema;
  };
}

function tlsMode({ tls, ca }: CommonInput, url: unknown): NonNullable<CommonInput['tls']> {
  const isPlain = typeof url === 'string' && /^\s*http:\/\//i.test(url);
  const mode = tls ?? (ca ? 'custom-ca' : isPlain ? 'plain-http' : 'verify');
  if (isPlain && mode !== 'plain-http')
    throw invalidInput(
      '/tls',
      'CONTRADICTION',
      `says ${mode}, but the address says http`,
      'Give the address without http://, or tls as plain-http.',
    );
  if (mode === 'custom-ca' && !ca)
    throw invalidInput('/ca', 'REQUIRED', 'is missing', 'With tls custom-ca, give the PEM of the authority.');
  if (mode !== 'custom-ca' && ca)
    throw invalidInput('/ca', 'CONTRADICTION', `is given, but tls is ${mode}`, 'Give tls as custom-ca, or leave ca out.');
  return mode;
}

function requireDeclared(project: Project, environments: string[], kept: string[] = []): void {
  const errors = environments.flatMap((environment, index) =>
    project.environments.includes(environment) || kept.includes(environment)
      ? []
      : [
          {
            pointer: `/environments/${index}`,
            code: 'NOT_ALLOWED',
            detail: 'is not an environment of this project',
            hint: `One of: ${project.environments.join(', ')}.`,
          },
        ],
  );
  if (errors.length > 0) throw invalidFields(errors);
}

/** Names of a method's secret fields. */
export function materialFields(method: Method): string[] {
  return Object.keys(formSchema(method).properties).filter((name) => name in method.material.shape);
}

function pick(from: Record<string, unknown>, names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]));
}
