import { AppError, invalidInput } from '../lib/errors.ts';
import { formatRegistryAddress } from '../oci/address.ts';
import type { App } from './app.ts';
import { requireGrant, type Caller } from './caller.ts';
import { chooseMethod } from './choose-method.ts';
import { LONGEST_NAME } from './common-input.ts';
import { requireFuture, type CreateOptions } from './create-credential.ts';
import { readCheckInput, readCreateInput } from './credential-input.ts';
import type { EntryBody, ImportSource } from './import-entry.ts';
import { LARGEST_BODY } from './import-parcels.ts';
import type { Project, Purpose } from './policy.ts';

/** What holds for all entries of an import, in place of what they say; labels come beside theirs. */
export interface ImportOptions extends Pick<CreateOptions, 'check'> {
  purpose?: Purpose | undefined;
  environments?: string[] | undefined;
  labels?: Record<string, string> | undefined;
}

interface Request {
  project: Project;
  caller: Caller;
  source: ImportSource;
  options: ImportOptions;
}

/**
 * Judges an entry as a create request of this caller. Throws MATERIAL_REQUIRED where a secret was not filled in,
 * INVALID_INPUT or FORBIDDEN.
 */
export function judgeEntry(app: App, { project, caller, source, options }: Request, wanted: unknown): EntryBody {
  requireMaterial(wanted);
  const asked = withOptions(wanted, options);
  const body = source === 'docker-config' ? { ...asked, name: registryOf(project, asked) } : asked;
  const { common } = readCreateInput(project, body);
  requireGrant(caller, project, 'admin', common);
  requireFuture(app, common.expiresAt);
  if (Buffer.byteLength(JSON.stringify(body)) > LARGEST_BODY)
    throw invalidInput('', 'TOO_LARGE', 'is too large for an import', 'Make this one with POST .../credentials.');
  return { ...body, name: common.name };
}

/** An export has null in place of each secret. */
function requireMaterial(wanted: unknown): asserts wanted is Record<string, unknown> {
  const { method, fields, nameOf } = chooseMethod(wanted);
  const missing = Object.entries(method.material.shape)
    .filter(([name, field]) => (fields[name] ?? undefined) === undefined && !field.safeParse(undefined).success)
    .map(([name]) => `/${nameOf(name)}`);
  if (missing.length === 0) return;
  const detail = 'The secret was not filled in.';
  const hint = 'Fill it in, and import this entry again.';
  throw new AppError('MATERIAL_REQUIRED', detail, {
    hint,
    errors: missing.map((pointer) => ({ pointer, code: 'REQUIRED', detail: 'is missing', hint })),
  });
}

function withOptions(wanted: Record<string, unknown>, { purpose, environments, labels }: ImportOptions): Record<string, unknown> {
  const { labels: own = {} } = wanted;
  const isWrong = typeof own !== 'object' || own === null || Array.isArray(own);
  return {
    ...wanted,
    ...(purpose && { purpose }),
    ...(environments && { environments }),
    ...(labels && !isWrong && { labels: { ...own, ...labels } }),
  };
}

/** What a login is called that nobody named: its registry, of which the end tells most where it is longer than a name. */
function registryOf(project: Project, body: Record<string, unknown>): string {
  const { method, settings } = readCheckInput(project, body);
  const address = formatRegistryAddress({ ...method.registry(settings), plainHttp: false });
  return address.length > LONGEST_NAME ? `…${address.slice(1 - LONGEST_NAME)}` : address;
}
