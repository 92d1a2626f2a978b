import type { App } from './app.ts';
import { actor, requireGrant } from './caller.ts';
import { commit } from './commit.ts';
import type { Credential } from './credential.ts';
import { requireRevision } from './etag.ts';
import type { Outcome } from './create-credential.ts';
import { schedulePurge } from './purge.ts';
import { findCredential, findLiveCredential, findStatus, type Address } from './read-credential.ts';
import { unverified } from './status.ts';
import { changeAroundSecret } from './tidy.ts';

export interface DeleteOptions extends Address {
  /** The If-Match header; optional here. */
  ifMatch: string | undefined;
}

/**
 * Marks the record, frees its name and removes the secret so that it can be restored until the retention ends.
 * Throws NOT_FOUND, FORBIDDEN or ETAG_MISMATCH.
 */
export async function deleteCredential(app: App, options: DeleteOptions): Promise<void> {
  const { credential, etag, project } = await findLiveCredential(app, options);
  requireGrant(options.caller, project, 'admin', credential);
  requireRevision(credential, options.ifMatch, 'optional');

  const deletedAt = app.clock.now().toISOString();
  const after: Credential = {
    ...credential,
    deletedAt,
    defaultIn: [],
    revision: credential.revision + 1,
    updatedAt: deletedAt,
    updatedBy: actor(options.caller),
  };
  await schedulePurge(app, credential, deletedAt);
  await changeAroundSecret(app, credential, () =>
    commit(app, {
      by: actor(options.caller),
      before: { credential, etag },
      after,
      event: 'regcred.credential.deleted',
      data: { name: credential.name },
    }),
  );
}

/**
 * Brings a deleted credential back, with its secret, as `unverified` and no default. One that is not deleted is answered
 * as it is. Throws NOT_FOUND, FORBIDDEN, NAME_TAKEN, ETAG_MISMATCH or SECRET_MISSING.
 */
export async function restoreCredential(app: App, options: DeleteOptions): Promise<Outcome> {
  const found = await findCredential(app, options);
  const { credential, etag, project } = found;
  requireGrant(options.caller, project, 'admin', credential);
  requireRevision(credential, options.ifMatch, 'optional');
  if (!credential.deletedAt) return { credential, etag, status: await findStatus(app, found) };

  const { deletedAt: _past, ...kept } = credential;
  const now = app.clock.now().toISOString();
  const after: Credential = { ...kept, revision: credential.revision + 1, updatedAt: now, updatedBy: actor(options.caller) };
  const status = unverified(after);
  const stored = await changeAroundSecret(app, credential, async () => {
    const secret = credential.active.secret;
    if (secret) await (await app.secretStore(secret.store)).restore(secret.name);
    return commit(app, {
      by: actor(options.caller),
      before: { credential, etag },
      after,
      status,
      event: 'regcred.credential.restored',
      data: { name: credential.name },
    });
  });
  return { ...stored, status };
}
