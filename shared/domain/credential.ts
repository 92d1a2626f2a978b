import { ulid } from 'ulid';
import type { Clock } from '../lib/clock.ts';
import { AppError } from '../lib/errors.ts';
import type { TlsMode } from '../net/guard.ts';
import { findMethod } from '../providers/catalog.ts';
import type { Method } from '../providers/provider.ts';
import type { Actor } from './caller.ts';
import type { Purpose, SecretStoreName } from './policy.ts';
import type { Fields, Json, Row } from './ports.ts';

/** Where a version of material lies. */
export interface SecretPointer {
  store: SecretStoreName;
  name: string;
  version: string;
}

/** One way in that works now: the method's settings and the version of the material that goes with them. */
export interface Active {
  settings: Record<string, Json>;
  username?: string;
  /** Absent: the method has no material. */
  secret?: SecretPointer;
  /** The provider's id of this material. */
  upstreamId?: string;
  expiresAt?: string;
  /** When the provider made it; absent: it does not say. */
  issuedAt?: string;
  /** Since when it is in use here. */
  since: string;
}

interface RotationPolicy {
  everyDays: number;
  graceHours: number;
  issuer: string;
}

/** The record: one registry, one way to log in to it. Never a secret. Times are ISO 8601 in UTC. */
export interface Credential {
  schemaVersion: 1;
  id: string;
  project: string;
  name: string;
  description?: string;
  provider: string;
  method: string;
  /** Canonical, derived from the settings. */
  registry: { host: string; repositoryPrefix?: string };
  purpose: Purpose;
  /** Empty: all that the project has. */
  environments: string[];
  labels: Record<string, string>;
  tls: TlsMode;
  /** PEM; with `tls: custom-ca`. */
  ca?: string;
  /** A token service that the owner trusts although it is elsewhere. */
  tokenRealm?: string;
  active: Active;
  /** The kill switch. */
  enabled: boolean;
  /** The environments in which it is the default for its host and purpose. */
  defaultIn: string[];
  rotationPolicy?: RotationPolicy;
  /** As the owner typed it, where the provider cannot tell. */
  expiresAt?: string;
  /** Rises by what a caller changed and by moves of `active`; the API's ETag. */
  revision: number;
  createdAt: string;
  createdBy: Actor;
  updatedAt: string;
  updatedBy: Actor;
  deletedAt?: string;
}

/** A credential and the tag of the row it was read from. */
export interface StoredCredential {
  credential: Credential;
  etag: string;
}

const ID = /^cred-[0-9a-hjkmnp-tv-z]{26}$/;

/** A new id of a credential, or name of a secret: never used before. */
export function newName(clock: Clock): string {
  return `cred-${ulid(clock.now().getTime()).toLowerCase()}`;
}

export function isCredentialId(text: string): boolean {
  return ID.test(text);
}

/** Reads a row that `credentialFields` wrote. Throws INTERNAL for a document of another version of regcred. */
export function readCredential({ fields, etag }: Row): StoredCredential {
  if (fields['schemaVersion'] !== 1) {
    throw new AppError('INTERNAL', 'The record was written by another version of regcred.', {
      hint: 'Run the version that wrote it, or a newer one.',
    });
  }
  return { credential: fields as unknown as Credential, etag };
}

/** The members that are there: a row has no undefined fields. */
export function withoutUndefined(document: object): Fields {
  const members: [string, Json][] = Object.entries(document).filter(([, value]) => value !== undefined);
  return Object.fromEntries(members);
}

export function credentialFields(credential: Credential): Fields {
  return withoutUndefined(credential);
}

/** The method of a stored credential. It throws only if a release dropped a method that is in use. */
export function methodOf(credential: Pick<Credential, 'provider' | 'method'>): Method {
  const method = findMethod(credential.provider, credential.method);
  if (!method)
    throw new AppError('INTERNAL', `This version of regcred does not know ${credential.provider}/${credential.method}.`);
  return method;
}
