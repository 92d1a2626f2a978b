import { isDeepStrictEqual } from 'node:util';
import { invalidInput } from '../lib/errors.ts';
import { findProvider } from '../providers/catalog.ts';
import type { Method } from '../providers/provider.ts';
import { methodOf, type Credential } from './credential.ts';
import { materialFields, readMergedInput, type CredentialInput } from './credential-input.ts';
import { mergePatch } from './merge-patch.ts';
import type { Found } from './read-credential.ts';

/** Reads what a patch makes of a credential. Throws INVALID_INPUT; the secret fields may be left out, but not removed. */
export function readPatched({ credential, project }: Found, patch: unknown): CredentialInput {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch))
    throw invalidInput('', 'WRONG_TYPE', 'must be an object', 'Send the fields to change; null removes one.');
  refuseRemovedSecret(methodOf(credential), patch);
  const isPlain = 'url' in patch && typeof patch.url === 'string' && /^\s*http:\/\//i.test(patch.url);
  const base: Record<string, unknown> = asInput(credential);
  // Another provider has methods of its own.
  if ('provider' in patch && !('method' in patch) && findProvider(String(patch.provider))?.id !== credential.provider)
    delete base['method'];
  // An address or an authority says how it is reached unless the patch says it, too.
  if (!('tls' in patch) && (isPlain || 'ca' in patch)) delete base['tls'];
  return readMergedInput(project, mergePatch(base, patch), credential.environments);
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
  for (const name of materialFields(method)) {
    if (Object.hasOwn(patch, name) && (patch as Record<string, unknown>)[name] === null)
      throw invalidInput(`/${name}`, 'REQUIRED', 'cannot be removed', 'Give a new secret, or delete the credential.');
  }
}
