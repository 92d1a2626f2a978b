/**
 * How a registry judges who may do what; undefined where nobody could be asked. With `abac` it judges by repository, and the
 * roles of the other mode give no access to images.
 *
 * https://learn.microsoft.com/azure/container-registry/container-registry-rbac-abac-repository-permissions
 */
export type RoleMode = 'legacy' | 'abac' | undefined;

const LEGACY = 'AcrPull to pull, AcrPush to push';
const ABAC = 'Container Registry Repository Reader to pull, Container Registry Repository Writer to push';

/** What AcrPull and others do where they do nothing. */
export const ABAC_IGNORES =
  'This registry uses ABAC repository permissions: AcrPull, AcrPush, Owner, Contributor and Reader give no access to images in it.';

/** The roles to give to `whom`, such as `the app`. */
export function rolesHint(mode: RoleMode, whom: string): string {
  const slow = "in the registry's own tenant. It can take ten minutes to work.";
  if (mode === 'abac') return `Give ${whom} ${ABAC}, with a condition that takes the repository in, ${slow} ${ABAC_IGNORES}`;
  if (mode === 'legacy') return `Give ${whom} ${LEGACY}, on the registry, ${slow}`;
  return `Give ${whom} a role on the registry, ${slow} The roles are ${LEGACY}; where the registry uses ABAC repository permissions: ${ABAC}.`;
}
