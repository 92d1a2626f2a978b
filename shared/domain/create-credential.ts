import { randomUUID } from 'node:crypto';
import { invalidInput } from '../lib/errors.ts';
import { projectOf, secretStoreName, type App } from './app.ts';
import { noteAnswer } from './breaker.ts';
import { actor, effectiveEnvironments, requireGrant, type Caller } from './caller.ts';
import { check, refusalOf, requireAllowedAddress, type CheckResult } from './check.ts';
import { subjectOfInput } from './subject.ts';
import { countCheck } from './check-limit.ts';
import { commit, nameTaken } from './commit.ts';
import { newName, type Credential, type StoredCredential } from './credential.ts';
import { readCreateInput, type CredentialInput } from './credential-input.ts';
import { activePart, declaredPart } from './declared.ts';
import { once, rememberRequest, repetitionOf, type Repetition } from './idempotency.ts';
import { storeMaterial } from './material.ts';
import type { Project } from './policy.ts';
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
  const project = projectOf(app, options.project);
  const input = readCreateInput(project, body);
  requireGrant(options.caller, project, 'admin', input.common);
  requireFuture(app, input.common.expiresAt);

  const repetition =
    options.idempotencyKey === undefined
      ? undefined
      : repetitionOf(options.caller, options.idempotencyKey, [options.project, options.check, body]);
  const create = () => checkAndStore(app, project, { ...options, input, ...(repetition && { repetition }) });
  return repetition ? once(app, { project, caller: options.caller }, repetition, create) : create();
}

interface CreateRequest extends CreateOptions {
  input: CredentialInput;
  repetition?: Repetition;
}

async function checkAndStore(app: App, project: Project, request: CreateRequest): Promise<Outcome> {
  const { input } = request;
  await requireFreeName(app, project, input.common.name);
  const subject = subjectOfInput(project, input);
  if (request.check === 'skip') requireAllowedAddress(app, subject);
  if (request.check === 'live') countCheck(app, request.caller);
  const result = request.check === 'skip' ? undefined : await check(app, subject);
  const refused = result && refusalOf(result);
  if (refused) throw refused;

  return store(app, project, { ...request, ...(result && { result }) });
}

interface StoreOptions extends CreateRequest {
  result?: CheckResult;
}

async function store(app: App, project: Project, options: StoreOptions): Promise<Outcome> {
  const { input, result, repetition, caller } = options;
  const draft = newCredential(app, project, options);
  const write = async (credential: Credential): Promise<Outcome> => {
    const status = statusAfter(app, credential, result);
    const { name, provider, method, registry } = credential;
    const stored = await commit(app, {
      by: actor(caller),
      after: credential,
      status,
      event: 'regcred.credential.created',
      data: { name, provider, method, host: registry.host, standing: status.standing },
      ...(repetition && { also: [rememberRequest(app, repetition, credential)] }),
    });
    if (result) await noteAnswer(app, credential, result.verdict);
    return { ...stored, status };
  };
  const material = input.material ?? {};
  if (Object.keys(material).length === 0) return write(draft);
  const touched: Touched = { store: secretStoreName(app, project), name: draft.id, operationId: randomUUID() };
  return changeSecret(app, draft, touched, async () =>
    write(await storeMaterial(app, draft, material, touched, repetition?.fingerprint)),
  );
}

function newCredential(app: App, project: Project, { input, result, caller }: StoreOptions): Credential {
  const now = app.clock.now().toISOString();
  const by = actor(caller);
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
