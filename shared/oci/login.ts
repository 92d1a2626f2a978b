import type { Secret } from '../lib/secret.ts';

/** What `docker login` takes: as stored, or minted. */
export interface Login {
  username: string;
  password: Secret;
  /** When the registry stops accepting it; absent: not known, or never. */
  expiresAt?: Date;
  /** `restricted`: good for the repositories and actions that were asked for and nothing else. */
  scope: 'restricted' | 'unrestricted';
}

/** A login whose secret is the material itself. */
export function asItIs(username: string, password: Secret, expiresAt?: Date): Login {
  return { username, password, ...(expiresAt && { expiresAt }), scope: 'unrestricted' };
}
