import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../lib/errors.ts';
import type { Secret } from '../lib/secret.ts';
import { secretStoreName, type App } from './app.ts';
import { noteAnswer } from './breaker.ts';
import { countCheck } from './check-limit.ts';
import { actor, effectiveEnvironments, requireGrant } from './caller.ts';
import { check, refusalOf, requireAllowedAddress, type CheckResult } from './check.ts';
import { subjectOfInput } from './subject.ts';
import { commit } from './commit.ts';
import { requireFuture, statusAfter, type Outcome } from './create-credential.ts';
import { methodOf, newName, type Credential } from './credential.ts';
import { materialFields, type CredentialInput } from './credential-input.ts';
import { activePart, declaredPart } from './declared.ts';
import { requireRevision } from './etag.ts';
import { carriedFingerprint } from './idempotency.ts';
import { bindingOf, storeMaterial } from './material.ts';
import { againIfStale, openOrNote, unlessStale } from './missing-secret.ts';
import { changedFields, claimsDefault, readPatched } from './patch-input.ts';
import { findLiveCredential, findStatus, type Address, type Found } from './read-credential.ts';
import { changeAroundSecret, changeSecret, keepPresent, type Touched } from './tidy.ts';

export interface UpdateOptions extends Address {
  /** The If-Match header. */
  ifMatch: string | undefined;
  check: 'live' | 'skip';
}

/**
 * Applies a merge patch (RFC 7396). What changes how to log in is checked against the registry first; what the secret is
 * bound to changes only together with the secret.
 *
 * Throws as `createCredential`, and ETAG_REQUIRED, ETAG_MISMATCH, NOT_FOUND or MATERIAL_REQUIRED; then nothing is changed.
 */
export function updateCredential(app: App, options: UpdateOptions, patch: unknown): Promise<Outcome> {
  return againIfStale(() => update(app, options, patch));
}

async function update(app: App, options: UpdateOptions, patch: unknown): Promise<Outcome> {
  const found = await findLiveCredential(app, options);
  const { credential, project } = found;
  requireGrant(options.caller, project, 'admin', credential);
  requireRevision(credential, options.ifMatch, 'required');

  const input = readPatched(found, patch);
  requireGrant(options.caller, project, 'admin', input.common);
  if (input.common.expiresAt !== credential.expiresAt) requireFuture(app, input.common.expiresAt);

  const draft = patchedCredential(app, found, options, input, claimsDefault(patch));
  const changed = changedFields(credential, draft, input.material !== undefined);
  if (changed.length === 0) return { ...found, status: await findStatus(app, found) };
  if (!isLoginChanged(credential, draft, input)) return save(app, found, options, draft, changed);

  requireMaterial(credential, draft, input);
  const result = await checkChange(app, found, options, input);
  // A login that changed begins anew: what was learned of the old one does not hold for it.
  const active = activePart(input, result, app.clock.now().toISOString());
  const renewed = { ...draft, active: hasMaterial(draft) ? { ...active, secret: draft.active.secret } : active };
  return save(app, found, options, renewed, changed, {
    ...(input.material && { material: input.material }),
    ...(result && { result }),
  });
}

/** A change of the login: new material or none, and what the check said unless it was skipped. */
interface LoginChange {
  material?: Record<string, Secret>;
  result?: CheckResult;
}

async function save(
  app: App,
  found: Found,
  { caller }: UpdateOptions,
  draft: Credential,
  changed: string[],
  login?: LoginChange,
): Promise<Outcome> {
  const known = await findStatus(app, found);
  const write = async (after: Credential) => {
    const status = login
      ? { ...statusAfter(app, after, login.result), ...(known.lastUsedAt && { lastUsedAt: known.lastUsedAt }) }
      : undefined;
    const change = {
      by: actor(caller),
      before: found,
      after,
      event: 'regcred.credential.updated' as const,
      data: { fields: changed },
    };
    const stored = await commit(app, status ? { ...change, status } : change);
    if (login?.result) await noteAnswer(app, after, login.result.verdict);
    return { ...stored, status: status ?? known };
  };
  const old = found.credential.active.secret;
  const material = login?.material;
  if (!material || Object.keys(material).length === 0) {
    // The old secret goes where the new method has none.
    return old && !draft.active.secret ? changeAroundSecret(app, found.credential, () => write(draft)) : write(draft);
  }

  const touched: Touched = {
    store: old?.store ?? secretStoreName(app, found.project),
    name: old?.name ?? newName(app.clock),
    operationId: randomUUID(),
    ...(old && { replaces: old.version }),
  };
  return changeSecret(app, draft, touched, async () => {
    const stored = await unlessStale(app, found.credential, async () => {
      if (old) await keepPresent(await app.secretStore(old.store), old);
      return storeMaterial(app, draft, material, touched, await carriedFingerprint(app, found.credential));
    });
    return write(stored);
  });
}

/** The record after the patch, as long as the login stays; `since` and what is known of the material stay, too. */
function patchedCredential(
  app: App,
  found: Found,
  { caller }: UpdateOptions,
  input: CredentialInput,
  claims: boolean,
): Credential {
  const { credential, project } = found;
  const { common, method, settings } = input;
  const { id, active, createdAt, createdBy, revision } = credential;
  const isSameDefault =
    common.default === credential.defaultIn.length > 0 && isDeepStrictEqual(common.environments, credential.environments);
  return {
    ...declaredPart(project, input),
    id,
    active: {
      ...active,
      settings,
      username: method.username?.(settings) ?? active.username,
      expiresAt: common.expiresAt === credential.expiresAt ? active.expiresAt : common.expiresAt,
    },
    defaultIn: isSameDefault && !claims ? credential.defaultIn : common.default ? effectiveEnvironments(project, common) : [],
    revision: revision + 1,
    createdAt,
    createdBy,
    updatedAt: app.clock.now().toISOString(),
    updatedBy: actor(caller),
  };
}

function isLoginChanged(before: Credential, after: Credential, { material }: CredentialInput): boolean {
  return (
    material !== undefined ||
    bindingOf(after) !== bindingOf(before) ||
    !isDeepStrictEqual(after.active.settings, before.active.settings)
  );
}

function hasMaterial(credential: Credential): boolean {
  return materialFields(methodOf(credential)).length > 0;
}

/** Throws MATERIAL_REQUIRED if something that the secret is bound to changes and the secret was not given again. */
function requireMaterial(before: Credential, after: Credential, { material }: CredentialInput): void {
  if (material || !hasMaterial(after) || bindingOf(after) === bindingOf(before)) return;
  const fields = materialFields(methodOf(after));
  const hint = `Give ${fields.join(', ')} again in the same request.`;
  throw new AppError(
    'MATERIAL_REQUIRED',
    'The secret is bound to the registry, its TLS settings and its token service, and one of them changes.',
    {
      hint,
      errors: fields.map((name) => ({ pointer: `/${name}`, code: 'REQUIRED', detail: 'must be given again', hint })),
    },
  );
}

async function checkChange(
  app: App,
  { credential, project }: Found,
  options: UpdateOptions,
  input: CredentialInput,
): Promise<CheckResult | undefined> {
  const subject = subjectOfInput(project, input);
  if (options.check === 'skip') {
    requireAllowedAddress(app, subject);
    return undefined;
  }
  countCheck(app, options.caller);
  const material =
    input.material ?? (materialFields(input.method).length === 0 ? {} : (await openOrNote(app, credential)).material);
  const result = await check(app, { ...subject, material });
  const refused = refusalOf(result);
  if (refused) throw refused;
  return result;
}
