import { randomUUID } from 'node:crypto';
import { invalidInput } from '../lib/errors.ts';
import { projectOf, secretStoreName, type App } from './app.ts';
import { noteAnswer } from './breaker.ts';
import { actor, effectiveEnvironments, requireGrant, type Actor, type Caller } from './caller.ts';
import { check, refusalOf, requireAllowedAddress, type CheckResult } from './check.ts';
import { subjectOfInput } from './subject.ts';
import { countCheck } from './check-limit.ts';
import { commit, nameTaken } from './commit.ts';
import { newName, type Credential, type StoredCredential } from './credential.ts';
import { readCreateInput, type CredentialInput } from './credential-input.ts';
import { activePart, declaredPart } from './declared.ts';
import { once, rememberRequest, repetitionOf } from './idempotency.ts';
import { storeMaterial } from './material.ts';
import type { Project } from './policy.ts';
import type { Operation } from './ports.ts';
import { nameRow, projectPartition } from './rows.ts';
import { standingAfter, unverified, type Status } from './status.ts';
import { changeSecret, type Touched } from './tidy.ts';

export interface CreateOptions {
  project: string;
  caller: Caller;
  /** `skip`: store it as `unverified`, without a request to the registry. */
  check: 'live' | 'skip';
  idempotencyKey?: string;
}

/** A credential with what is known about it. */
export interface Outcome extends StoredCredential {
  status: Status;
}

/**
 * Checks a login against its registry, then stores it: the secret first, then the record that points to it.
 *
 * Throws INVALID_INPUT, FORBIDDEN, NAME_TAKEN, IDEMPOTENCY_CONFLICT, the errors of `refusalOf`, ADDRESS_BLOCKED,
 * PLAIN_HTTP_NOT_ALLOWED or STORE_UNAVAILABLE; then nothing is stored.
 */
export async function createCredential(app: App, options: CreateOptions, body: unknown): Promise<Outcome> {
  const { caller, check, idempotencyKey } = options;
  const project = projectOf(app, options.project);
  const input = readCreateInput(project, body);
  requireGrant(caller, project, 'admin', input.common);

  const create = (more: Partial<NewCredential> = {}) => {
    if (check === 'live') countCheck(app, caller);
    return checkAndStore(app, project, { input, by: actor(caller), check, ...more });
  };
  if (idempotencyKey === undefined) return create();
  const repetition = repetitionOf(caller, idempotencyKey, [options.project, check, body]);
  return once(app, { project, caller }, repetition, () =>
    create({
      requestFingerprint: repetition.fingerprint,
      also: (credential) => [rememberRequest(app, repetition, credential)],
    }),
  );
}

/** What should be made, understood and granted. */
export interface NewCredential extends Pick<CreateOptions, 'check'> {
  input: CredentialInput;
  by: Actor;
  /** Of the request, kept with the material. */
  requestFingerprint?: string;
  /** Further rows of the transaction that stores it. */
  also?: (credential: Credential) => Operation[];
}

/** The part that every way to make a credential shares. Throws as `createCredential`, and RowConflict for one of the further rows. */
export async function checkAndStore(app: App, project: Project, wanted: NewCredential): Promise<Outcome> {
  const { input } = wanted;
  requireFuture(app, input.common.expiresAt);
  await requireFreeName(app, project, input.common.name);
  const subject = subjectOfInput(project, input);
  if (wanted.check === 'skip') requireAllowedAddress(app, subject);
  const result = wanted.check === 'skip' ? undefined : await check(app, subject);
  const refused = result && refusalOf(result);
  if (refused) throw refused;

  return store(app, project, wanted, result);
}

async function store(app: App, project: Project, wanted: NewCredential, result: CheckResult | undefined): Promise<Outcome> {
  const { input, by, requestFingerprint, also } = wanted;
  const draft = newCredential(app, project, wanted, result);
  const write = async (credential: Credential): Promise<Outcome> => {
    const status = statusAfter(app, credential, result);
    const { name, provider, method, registry } = credential;
    const stored = await commit(app, {
      by,
      after: credential,
      status,
      event: 'regcred.credential.created',
      data: { name, provider, method, host: registry.host, standing: status.standing },
      ...(also && { also: also(credential) }),
    });
    if (result) await noteAnswer(app, credential, result.verdict);
    return { ...stored, status };
  };
  const material = input.material ?? {};
  if (Object.keys(material).length === 0) return write(draft);
  const touched: Touched = { store: secretStoreName(app, project), name: draft.id, operationId: randomUUID() };
  return changeSecret(app, draft, touched, async () =>
    write(await storeMaterial(app, draft, material, touched, requestFingerprint)),
  );
}

function newCredential(app: App, project: Project, { input, by }: NewCredential, result: CheckResult | undefined): Credential {
  const now = app.clock.now().toISOString();
  return {
    ...declaredPart(project, input),
    id: newName(app.clock),
    active: activePart(input, result, now),
    defaultIn: input.common.default ? effectiveEnvironments(project, input.common) : [],
    revision: 1,
    createdAt: now,
    createdBy: by,
    updatedAt: now,
    updatedBy: by,
  };
}

/** What a check made of a credential that is about to be stored. */
export function statusAfter(app: App, credential: Credential, result: CheckResult | undefined): Status {
  const fresh = unverified(credential);
  if (!result) return fresh;
  const { verdict, stages, warnings, capabilities } = result;
  const standing = standingAfter(verdict) ?? fresh.standing;
  return {
    ...fresh,
    standing,
    warnings,
    lastCheck: { at: app.clock.now().toISOString(), verdict, stages },
    ...(capabilities && { capabilities }),
  };
}

/** Throws INVALID_INPUT for an end that has passed. */
export function requireFuture(app: App, expiresAt: string | undefined): void {
  if (expiresAt !== undefined && new Date(expiresAt) <= app.clock.now())
    throw invalidInput('/expiresAt', 'IN_THE_PAST', 'has passed', 'Give the end of a login that still works, or leave it out.');
}

/** A courtesy before the slow part; the name's own row decides. */
async function requireFreeName(app: App, project: Project, name: string): Promise<void> {
  if (await app.records.get(projectPartition(project.name), nameRow(name))) throw nameTaken(name);
}
