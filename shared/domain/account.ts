import { createHash } from 'node:crypto';
import { findProvider } from '../providers/catalog.ts';

/**
 * Whom a registry would lock after logins that it refused, as a digest. Undefined where the user name does not tell: it is
 * not known, or every token of this kind has the same one.
 */
export function accountKey({
  provider,
  host,
  username,
}: {
  provider: string;
  host: string;
  username: string | undefined;
}): string | undefined {
  if (username === undefined || findProvider(provider)?.sharedUsernames?.includes(username)) return undefined;
  return createHash('sha256')
    .update(JSON.stringify([host, username]))
    .digest('base64url');
}
