import { AppError, invalidInput } from '../lib/errors.ts';
import type { Credential } from './credential.ts';

/** The entity tag of a credential: its revision (RFC 9110, section 8.8.3). */
export function etagOf({ revision }: Pick<Credential, 'revision'>): string {
  return `"${revision}"`;
}

/**
 * Holds an If-Match header against a credential. Throws ETAG_REQUIRED if it is needed and missing, INVALID_INPUT if it
 * is not an entity tag, ETAG_MISMATCH if the credential was changed since.
 */
export function requireRevision(credential: Credential, ifMatch: string | undefined, need: 'required' | 'optional'): void {
  if (ifMatch === undefined) {
    if (need === 'optional') return;
    throw new AppError('ETAG_REQUIRED', 'This request needs the header If-Match.', {
      hint: 'Read the credential and send its ETag back, so that no change of somebody else is lost.',
    });
  }
  const wanted = ifMatch.trim();
  if (wanted === '*') return;
  const tags = wanted.split(',').map((tag) => tag.trim());
  if (!tags.every((tag) => /^"[\x21\x23-\x7e]*"$/.test(tag))) {
    throw invalidInput(
      '',
      'ETAG',
      'The header If-Match is not an entity tag.',
      'Send the ETag as it was given, with its quotes.',
    );
  }
  if (tags.includes(etagOf(credential))) return;
  throw new AppError('ETAG_MISMATCH', 'The credential was changed since you read it.', {
    hint: 'Read it again, apply your change to what is there now, and send its new ETag.',
  });
}
