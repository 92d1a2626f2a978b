import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import type { App } from './app.ts';
import { actor, requireGrant } from './caller.ts';
import { commit } from './commit.ts';
import type { Outcome } from './create-credential.ts';
import { newName, type Credential } from './credential.ts';
import { requireRevision } from './etag.ts';
import { forgetMaterial, isSameMaterial, openMaterial, storeMaterial, type OpenedMaterial } from './material.ts';
import { againIfStale, openOrNote } from './missing-secret.ts';
import { SecretStoreName } from './policy.ts';
import { findLiveCredential, findStatus, type Address } from './read-credential.ts';
import { changeAroundSecret, changeSecret, type Touched } from './tidy.ts';

export const MoveRequest = z.strictObject({
  store: SecretStoreName.meta({ description: 'Where the secret should be.' }),
});

export interface MoveOptions extends Address {
  store: SecretStoreName;
  /** The If-Match header; optional here. */
  ifMatch: string | undefined;
}

/**
 * Moves the secret of a credential to another secret store. The login stays the same, and so does what is known of it. One
 * that is there, or that has no secret, is answered as it is.
 *
 * Throws NOT_FOUND, FORBIDDEN, ETAG_MISMATCH, SECRET_MISSING, SECRET_UNUSABLE, or STORE_UNAVAILABLE where either store does
 * not answer or cannot be had; whatever it throws, the secret that is in use stays, and another one goes.
 */
export function moveCredential(app: App, options: MoveOptions): Promise<Outcome> {
  return againIfStale(() => move(app, options));
}

async function move(app: App, options: MoveOptions): Promise<Outcome> {
  const found = await findLiveCredential(app, options);
  const { credential } = found;
  requireGrant(options.caller, found.project, 'admin', credential);
  requireRevision(credential, options.ifMatch, 'optional');
  const status = await findStatus(app, found);
  const from = credential.active.secret?.store;
  if (from === undefined || from === options.store) return { ...found, status };

  // A store that cannot be had is told before anything is written.
  await app.secretStore(options.store);
  // From its store, not from memory: one that somebody disabled there must not live on in another one.
  forgetMaterial(app, credential);
  const opened = await openOrNote(app, credential);
  const touched: Touched = { store: options.store, name: newName(app.clock), operationId: randomUUID() };
  const moved = await changeAroundSecret(app, credential, () =>
    changeSecret(app, credential, touched, async () =>
      commit(app, {
        by: actor(options.caller),
        before: found,
        after: await copy(app, nextRevision(app, credential, options), opened, touched),
        event: 'regcred.credential.moved',
        data: { from, to: options.store },
      }),
    ),
  );
  return { ...moved, status };
}

function nextRevision({ clock }: App, credential: Credential, { caller }: MoveOptions): Credential {
  return {
    ...credential,
    revision: credential.revision + 1,
    updatedAt: clock.now().toISOString(),
    updatedBy: actor(caller),
  };
}

/** Writes the material, reads it back and compares. Answers the credential that points to it. */
async function copy(app: App, draft: Credential, opened: OpenedMaterial, touched: Touched): Promise<Credential> {
  const copied = await storeMaterial(app, draft, opened.material, touched, opened.requestFingerprint);
  if (await isWrittenAs(app, copied, opened)) return copied;
  throw new AppError('STORE_UNAVAILABLE', `The ${touched.store} store does not give back what was written to it.`, {
    hint: 'The secret is where it was. Ask again.',
    retryAfterSeconds: 5,
  });
}

async function isWrittenAs(app: App, copied: Credential, opened: OpenedMaterial): Promise<boolean> {
  try {
    return isSameMaterial(await openMaterial(app, copied), opened);
  } catch (error) {
    if (error instanceof AppError && (error.code === 'SECRET_MISSING' || error.code === 'SECRET_UNUSABLE')) return false;
    throw error;
  }
}
