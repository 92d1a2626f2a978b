import { isDeepStrictEqual } from 'node:util';
import { invalidInput } from '../lib/errors.ts';
import { findProvider, formSchema } from '../providers/catalog.ts';
import type { InferredMethod, Method } from '../providers/provider.ts';
import { chooseMethod } from './choose-method.ts';
import { CommonInput } from './common-input.ts';
import { methodOf, type Credential } from './credential.ts';
import { materialFields, readMergedInput, type CredentialInput } from './credential-input.ts';
import { mergePatch } from './merge-patch.ts';
import type { Found } from './read-credential.ts';

/** Reads what a patch makes of a credential. Throws INVALID_INPUT; the secret fields may be left out, but not removed. */
export function readPatched({ credential, project }: Found, patch: unknown): CredentialInput {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch))
    throw invalidInput('', 'WRONG_TYPE', 'must be an object', 'Send the fields to change; null removes one.');
  refuseRemovedSecret(methodOf(credential), patch);
  const base = baseOf(credential, patch as Record<string, unknown>);
  const merged = mergePatch(base, patch) as Record<string, unknown>;
  return readMergedInput(project, withoutLeftovers(merged, patch), credential.environments);
}

/** What a patch is merged into: the credential, less what the patch says in another way. */
function baseOf(credential: Credential, patch: Record<string, unknown>): Record<string, unknown> {
  const base = asInput(credential);
  const { url } = patch;
  const isPlainHttp = typeof url === 'string' && /^\s*http:\/\//i.test(url);
  // An address or an authority says how it is reached unless the patch says it, too.
  if (!('tls' in patch) && (isPlainHttp || 'ca' in patch)) delete base['tls'];

  const method = methodAfter(credential, patch);
  if (method === undefined) delete base['method'];
  else base['method'] = method;
  for (const name of replacedSettings(credential, patch, method)) delete base[name];
  return base;
}

/** The method that a patch leads to; undefined: it is to be told by its fields, as with another provider. */
function methodAfter(credential: Credential, patch: Record<string, unknown>): string | undefined {
  if ('method' in patch) return typeof patch['method'] === 'string' ? patch['method'] : undefined;
  const provider = findProvider('provider' in patch ? String(patch['provider']) : credential.provider);
  if (provider?.id !== credential.provider) return undefined;
  if (!isLogin(credential, patch)) return credential.method;
  return inferredFrom(credential, patch)?.method ?? provider.defaultMethod;
}

/** A user name with its password, or one that the method calls otherwise, is understood as if the credential were new. */
function isLogin(credential: Credential, patch: Record<string, unknown>): boolean {
  return 'username' in patch && ('password' in patch || !('username' in methodOf(credential).settings.shape));
}

/** The settings whose place others take: all but the address where a login leads to another method, else those that are meant. */
function replacedSettings(credential: Credential, patch: Record<string, unknown>, next: string | undefined): string[] {
  const { method, active } = credential;
  if (isLogin(credential, patch) && next !== method) return Object.keys(active.settings).filter((name) => name !== 'url');
  const meant = inferredFrom(credential, patch);
  return meant?.method === method ? Object.values(meant.rename ?? {}) : [];
}

function inferredFrom({ provider, active }: Credential, patch: Record<string, unknown>): InferredMethod | undefined {
  return findProvider(provider)?.inferMethod?.({ url: active.settings['url'], ...patch });
}

/** A setting that the patch does not name, and that means nothing to the method that it leads to. */
function withoutLeftovers(merged: Record<string, unknown>, patch: object): Record<string, unknown> {
  const { method, fields, nameOf } = chooseMethod(merged);
  const known = new Set([...Object.keys(CommonInput.shape), 'provider', 'method', ...Object.keys(formSchema(method).properties)]);
  const kept = Object.keys(fields).filter((name) => known.has(name) || Object.hasOwn(patch, nameOf(name)));
  return Object.fromEntries(kept.map((name) => [nameOf(name), fields[name]]));
}

/** `default: true` in the patch itself takes every environment, also those that another credential took since. */
export function claimsDefault(patch: unknown): boolean {
  return typeof patch === 'object' && patch !== null && 'default' in patch && patch.default === true;
}

/** Names of the fields that a patch really changes, as the activity shows them; `secret` stands for all of the material. */
export function changedFields(before: Credential, after: Credential, hasMaterial: boolean): string[] {
  const old = new Map<string, unknown>(Object.entries(asInput(before)));
  const fresh = new Map<string, unknown>(Object.entries(asInput(after)));
  const names = [...new Set([...old.keys(), ...fresh.keys()])].filter(
    (name) => !isDeepStrictEqual(old.get(name), fresh.get(name)),
  );
  if (!isDeepStrictEqual(before.defaultIn, after.defaultIn) && !names.includes('default')) names.push('default');
  return hasMaterial ? [...names, 'secret'] : names;
}

/** Fields that a request spells as the record does. */
const SAME_IN_BOTH = [
  'name',
  'description',
  'provider',
  'method',
  'purpose',
  'environments',
  'labels',
  'tls',
  'ca',
  'tokenRealm',
  'enabled',
  'rotationPolicy',
  'expiresAt',
] as const satisfies (keyof Credential)[];

/** The credential as a request would spell it, without the secret: what a patch is merged into, and what an export shows. */
export function asInput(credential: Credential): Record<string, unknown> {
  const same = SAME_IN_BOTH.filter((name) => credential[name] !== undefined).map((name) => [name, credential[name]]);
  return { ...Object.fromEntries(same), default: credential.defaultIn.length > 0, ...credential.active.settings };
}

function refuseRemovedSecret(method: Method, patch: object): void {
  const fields = materialFields(method);
  for (const name of fields.length > 0 ? [...fields, 'password'] : []) {
    if (Object.hasOwn(patch, name) && (patch as Record<string, unknown>)[name] === null)
      throw invalidInput(`/${name}`, 'REQUIRED', 'cannot be removed', 'Give a new secret, or delete the credential.');
  }
}
