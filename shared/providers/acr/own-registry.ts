import { LRUCache } from 'lru-cache';
import { MINUTE } from '../../lib/clock.ts';
import { Refusal } from '../../oci/stages.ts';
import type { Warning } from '../../oci/stages.ts';
import type { MethodContext } from '../provider.ts';
import { globalHost, registryName } from './address.ts';
import { readArmRegistry } from './arm-registry.ts';
import type { ArmRegistry } from './arm-registry.ts';
import { ownCloud } from './cloud.ts';
import { parseRegistryId } from './registry-id.ts';
import { ABAC_IGNORES } from './roles.ts';
import type { RoleMode } from './roles.ts';

/** Which registry is named, and as whom it is read: regcred itself, or the managed identity `clientId`. */
interface OwnRegistrySettings {
  registryId: string;
  clientId?: string | undefined;
}

type Context = MethodContext<OwnRegistrySettings>;

/** What Resource Manager said a short while ago, by who asked and what, so that not each hand-out asks again. */
const kept = new LRUCache<string, ArmRegistry>({ max: 1_000, ttl: 5 * MINUTE });

/** The registry that a resource id means, as it is now, once it is sure that it is the one at the host. Throws as `knownRegistry`. */
export async function readOwnRegistry(context: Context): Promise<ArmRegistry> {
  const { settings, registry, cloud, signal } = context;
  const { registryId, clientId } = settings;
  const { name } = parseRegistryId(registryId);
  if (name.toLowerCase() !== registryName(registry.host)) throw mismatch(`the registry ${name}`, registry.host);
  const { arm } = ownCloud(context);
  const token = await cloud.entraToken(`https://${arm}/.default`, { signal, clientId });
  const found = await readArmRegistry(context, { host: arm, registryId, token });
  assertAt(registry.host, found);
  kept.set(keyOf(context), found);
  return found;
}

/**
 * As `readOwnRegistry`, or as it was a few minutes ago. Throws Refusal UPSTREAM_MISMATCH for a registry that is not the one
 * at the host, others, and NetError.
 */
export async function knownRegistry(context: Context): Promise<ArmRegistry> {
  ownCloud(context);
  return kept.get(keyOf(context)) ?? readOwnRegistry(context);
}

/** The host is part of it: what was found fits that one. */
function keyOf({ settings, registry }: Context): string {
  return JSON.stringify([registry.host, settings.registryId, settings.clientId ?? null]);
}

/** A region has a host of its own, and Resource Manager names the one that all share. */
function assertAt(host: string, { name = '', loginServer = '' }: ArmRegistry): void {
  const isSame = loginServer.toLowerCase() === globalHost(host) && name.toLowerCase() === registryName(host);
  if (!isSame) throw mismatch(`the registry ${name} at ${loginServer}`, host);
}

export function roleModeOf({ roleAssignmentMode }: ArmRegistry): RoleMode {
  if (roleAssignmentMode === 'AbacRepositoryPermissions') return 'abac';
  return roleAssignmentMode === 'LegacyRegistryPermissions' ? 'legacy' : undefined;
}

/** What its owner should look at. */
export function registryWarnings(registry: ArmRegistry): Warning[] {
  const warnings: Warning[] = [];
  if (roleModeOf(registry) === 'abac') warnings.push(ABAC);
  if (registry.adminUserEnabled) warnings.push(ADMIN_ENABLED);
  if (registry.anonymousPullEnabled) warnings.push(ANONYMOUS_PULL);
  return warnings;
}

function mismatch(found: string, host: string): Refusal {
  return new Refusal(
    'misconfigured',
    'UPSTREAM_MISMATCH',
    `The resource id is that of ${found}, and not of ${host}.`,
    'Give the resource id of the registry whose login server this is.',
  );
}

const ABAC: Warning = {
  code: 'ABAC_PERMISSIONS',
  detail: ABAC_IGNORES,
  hint: 'What counts is Container Registry Repository Reader, or Writer to push. Name a repository in a check to see what is granted there.',
};

const ADMIN_ENABLED: Warning = {
  code: 'ADMIN_USER_ENABLED',
  detail: 'The admin user of the registry is enabled: whoever has one of its two passwords may do everything.',
  hint: 'Switch it off under Access keys of the registry, if nobody needs it.',
};

const ANONYMOUS_PULL: Warning = {
  code: 'ANONYMOUS_PULL',
  detail: 'Anybody may pull from this registry without a login.',
  hint: 'If that is not meant, "az acr update --anonymous-pull-enabled false" ends it.',
};
