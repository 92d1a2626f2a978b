import type { CheckResult } from './check.ts';
import type { Active, Credential } from './credential.ts';
import type { CredentialInput } from './credential-input.ts';
import type { Project } from './policy.ts';

type Declared = Omit<
  Credential,
  'id' | 'active' | 'defaultIn' | 'revision' | 'createdAt' | 'createdBy' | 'updatedAt' | 'updatedBy' | 'deletedAt'
>;

/** What a request says of a credential: all of the record that does not depend on its past. */
export function declaredPart(project: Project, { common, provider, method, settings }: CredentialInput): Declared {
  const { default: _wish, ...fields } = common;
  return {
    ...fields,
    schemaVersion: 1,
    project: project.name,
    provider: provider.id,
    method: method.method,
    registry: registryPart(method.registry(settings)),
  };
}

/** A login that begins now; what a check learned of it stands before what the owner typed. */
export function activePart(
  { common, method, settings }: CredentialInput,
  result: CheckResult | undefined,
  since: string,
): Active {
  return {
    settings,
    username: method.username?.(settings) ?? result?.identity?.username,
    upstreamId: result?.identity?.upstreamId,
    issuedAt: result?.identity?.issuedAt?.toISOString(),
    expiresAt: result?.identity?.expiresAt?.toISOString() ?? common.expiresAt,
    since,
  };
}

function registryPart({ host, repositoryPrefix }: Credential['registry']): Credential['registry'] {
  return { host, repositoryPrefix };
}
