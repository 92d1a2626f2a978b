import type { LRUCache } from 'lru-cache';
import type { OwnIdentity } from '../identity/own-identity.ts';
import type { Clock } from '../lib/clock.ts';
import { AppError } from '../lib/errors.ts';
import type { Guarded } from '../net/guarded.ts';
import type { OpenedMaterial } from './material.ts';
import type { MintedLogins } from './minted-logins.ts';
import type { Project, Rule, SecretStoreName } from './policy.ts';
import type { Queue, RecordStore, SecretStore } from './ports.ts';
import type { Settings } from './settings.ts';
import type { KnownUse } from './use.ts';

/** The parts of the running service. Put together in `shared/app.ts`, or by a test with parts of its own. */
export interface App {
  settings: Settings;
  records: RecordStore;
  queue: Queue;
  /** Opened at first use. Throws STORE_UNAVAILABLE where the store cannot be had. */
  secretStore(name: SecretStoreName): Promise<SecretStore>;
  network: Guarded;
  identity: OwnIdentity;
  clock: Clock;
  /** Opened material by secret version, which never changes. */
  materials: LRUCache<string, OpenedMaterial>;
  /** Hand-outs of the running hour by rule of the policy, counted in this instance. */
  handOuts: { hour: number; counts: Map<Rule, number> };
  /** Checks of the running minute by caller, counted in this instance. */
  checks: { minute: number; counts: Map<string, number> };
  mintedLogins: MintedLogins;
  /** By credential id. */
  lastUses: LRUCache<string, KnownUse>;
}

/** The project as declared in the policy; a name that is not declared does not exist. */
export function findProject(app: App, name: string): Project | undefined {
  return app.settings.policy.projects.find((project) => project.name === name);
}

/** For what already passed the door: a record or a message names a project that the policy may have dropped since. */
export function projectOf(app: App, name: string): Project {
  const project = findProject(app, name);
  if (!project) throw new AppError('NOT_FOUND', 'No such project.', { hint: 'The policy does not declare it (any more).' });
  return project;
}

export function secretStoreName(app: App, project: Project): SecretStoreName {
  return project.secretStore ?? app.settings.secrets;
}
