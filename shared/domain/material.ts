import { hash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { Secret } from '../lib/secret.ts';
import { boundFields } from '../providers/catalog.ts';
import { methodOf, type Credential, type SecretPointer } from './credential.ts';
import type { App } from './app.ts';
import type { SecretStoreName } from './policy.ts';
import { parseJson } from '../lib/parse-json.ts';

/** The one document that a version in a secret store holds. */
const SecretDocument = z.object({
  schemaVersion: z.literal(1),
  /** Fingerprint of what the material may be used for: see `bindingOf`. */
  binding: z.string(),
  /** Of the create request that brought it, for Idempotency-Key; here because a hash of a short password must not lie in a table. */
  requestFingerprint: z.string().optional(),
  material: z.record(z.string(), z.string()),
});
type SecretDocument = z.infer<typeof SecretDocument>;

export interface OpenedMaterial {
  binding: string;
  requestFingerprint?: string;
  material: Record<string, Secret>;
}

/**
 * What material is bound to: the registry, how it is reached, who may give tokens for it, and the method's bound
 * settings. It is stored inside the secret, so that editing a record cannot send the secret somewhere else.
 */
export function bindingOf(
  credential: Pick<Credential, 'project' | 'provider' | 'method' | 'registry' | 'tls' | 'ca' | 'tokenRealm' | 'active'>,
): string {
  const { project, provider, method, registry, tls, ca, tokenRealm, active } = credential;
  const bound = boundFields(methodOf(credential)).map((name) => [name, active.settings[name] ?? null]);
  const parts = [project, provider, method, registry.host, tls, ca ?? null, tokenRealm ?? null, bound];
  return hash('sha256', JSON.stringify(parts), 'base64url');
}

/** Writes a new version of the material and answers the credential that points to it; the record is the caller's to write. */
export async function storeMaterial(
  app: App,
  draft: Credential,
  material: Record<string, Secret>,
  { store, name, operationId }: { store: SecretStoreName; name: string; operationId: string },
  requestFingerprint?: string,
): Promise<Credential> {
  const document = sealMaterial({ binding: bindingOf(draft), material, ...(requestFingerprint && { requestFingerprint }) });
  const { expiresAt } = draft.active;
  const secrets = await app.secretStore(store);
  const tags = { project: draft.project, credential: draft.id };
  const { version } = await secrets.put(name, document, {
    operationId,
    tags,
    ...(expiresAt && { expiresAt: new Date(expiresAt) }),
  });
  return { ...draft, active: { ...draft.active, secret: { store, name, version } } };
}

/** The document as one secret value, ready for a store. */
function sealMaterial({ binding, requestFingerprint, material }: OpenedMaterial): Secret {
  const revealed = Object.fromEntries(Object.entries(material).map(([name, secret]) => [name, secret.reveal()]));
  const document: SecretDocument = {
    schemaVersion: 1,
    binding,
    ...(requestFingerprint && { requestFingerprint }),
    material: revealed,
  };
  return new Secret(JSON.stringify(document));
}

/**
 * The material of a credential that is in use; an empty object for a method that has none. Throws SECRET_MISSING if
 * it is not in its store, and SECRET_UNUSABLE if the document is of another version or bound to something else.
 */
export async function openMaterial(app: App, credential: Credential): Promise<OpenedMaterial> {
  const binding = bindingOf(credential);
  const pointer = credential.active.secret;
  if (!pointer) return { binding, material: {} };
  const opened = await openVersion(app, pointer);
  if (!opened) {
    throw new AppError('SECRET_MISSING', 'The secret of this credential is not in its store.', {
      hint: `Give the secret again with PATCH, or restore ${pointer.name} in the ${pointer.store} store.`,
    });
  }
  if (opened.binding !== binding) {
    throw new AppError('SECRET_UNUSABLE', 'The secret is bound to another registry or setting than the record names.', {
      hint: 'One of the two was changed outside regcred: find out by whom, see that the record is right, then give the secret again with PATCH.',
    });
  }
  return opened;
}

/** The fingerprint that came with the secret in use; undefined: none, or the secret is not there, or cannot be read. */
export async function readRequestFingerprint(app: App, { active: { secret } }: Credential): Promise<string | undefined> {
  try {
    return secret && (await openVersion(app, secret))?.requestFingerprint;
  } catch (error) {
    if (error instanceof AppError && error.code === 'SECRET_UNUSABLE') return undefined;
    throw error;
  }
}

/** The next one who opens it has it from its store. */
export function forgetMaterial(app: App, { active: { secret } }: Credential): void {
  if (secret) app.materials.delete(keyOf(secret));
}

/** Whether two versions hold the same document. */
export function isSameMaterial(one: OpenedMaterial, other: OpenedMaterial): boolean {
  return sealMaterial(one).reveal() === sealMaterial(other).reveal();
}

/** One version's document, from memory if it was read in the last minutes; undefined if it is not in the store. */
async function openVersion(app: App, pointer: SecretPointer): Promise<OpenedMaterial | undefined> {
  const { store, name, version } = pointer;
  const key = keyOf(pointer);
  const known = app.materials.get(key);
  if (known) {
    for (const secret of Object.values(known.material)) secret.note();
    return known;
  }
  const value = await (await app.secretStore(store)).get(name, version);
  if (!value) return undefined;
  const opened = parseDocument(value);
  app.materials.set(key, opened);
  return opened;
}

function keyOf({ store, name, version }: SecretPointer): string {
  return `${store}/${name}/${version}`;
}

function parseDocument(value: Secret): OpenedMaterial {
  const parsed = SecretDocument.safeParse(parseJson(value.reveal()));
  if (!parsed.success) {
    throw new AppError('SECRET_UNUSABLE', 'The secret is not a document that this version of regcred can read.', {
      hint: 'Run the version that wrote it, or give the secret again with PATCH.',
    });
  }
  const { binding, requestFingerprint, material } = parsed.data;
  return {
    binding,
    ...(requestFingerprint && { requestFingerprint }),
    material: Object.fromEntries(Object.entries(material).map(([name, text]) => [name, new Secret(text)])),
  };
}
