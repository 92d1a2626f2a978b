import { findProvider } from '../providers/catalog.ts';
import { projectOf, type App } from './app.ts';
import type { Actor } from './caller.ts';
import { warningsOfCredential } from './credential-warnings.ts';
import type { Credential } from './credential.ts';
import type { SecretStoreName } from './policy.ts';
import { withLearned, type Status } from './status.ts';

/** What the API shows of a credential: flat like the create request, without secrets, with what is known beside it. */
export interface CredentialView {
  id: string;
  project: string;
  name: string;
  provider: string;
  providerTitle: string;
  method: string;
  /** Every setting of the method stands beside the common fields, under its own name. */
  [setting: string]: unknown;
  active: {
    since: string;
    issuedAt: string | null;
    expiresAt: string | null;
    upstreamId: string | null;
    store: SecretStoreName | null;
  };
  status: Omit<Status, 'schemaVersion' | 'of' | 'identity' | 'warnings'>;
  warnings: Status['warnings'];
  revision: number;
  createdAt: string;
  createdBy: Actor;
  updatedAt: string;
  updatedBy: Actor;
}

export function viewCredential(app: App, stored: Credential, status: Status): CredentialView {
  const credential = withLearned(stored, status);
  const {
    schemaVersion: _version,
    id,
    project,
    name,
    description,
    provider,
    method,
    active,
    defaultIn,
    registry,
    ...common
  } = credential;
  const { schemaVersion: _status, of: _of, identity: _merged, warnings: _raw, ...known } = status;
  return {
    id,
    project,
    name,
    description,
    provider,
    providerTitle: findProvider(provider)?.title ?? provider,
    method,
    ...active.settings,
    registry,
    username: active.username,
    ...common,
    default: defaultIn.length > 0,
    defaultIn,
    active: {
      since: active.since,
      issuedAt: active.issuedAt ?? null,
      expiresAt: active.expiresAt ?? null,
      upstreamId: active.upstreamId ?? null,
      store: active.secret?.store ?? null,
    },
    status: known,
    warnings: warningsOfCredential(credential, status, projectOf(app, project), app.clock.now()),
  };
}
