import { randomBytes } from 'node:crypto';

/** What a client may set of a version; times in seconds. */
interface Attributes {
  enabled?: boolean;
  nbf?: number;
  exp?: number;
}

export interface Draft {
  value?: string;
  contentType?: string;
  tags?: Record<string, string>;
  attributes?: Attributes;
}

interface Version extends Draft {
  id: string;
  createdAt: number;
  updatedAt: number;
}

export interface VaultSecret {
  name: string;
  /** In the order of time. */
  versions: Version[];
  /** Belongs to a certificate. */
  isManaged: boolean;
  state: 'active' | 'deleting' | 'deleted' | 'recovering';
  deletedAt: number;
  /** When deleting or recovering ends: `performance.now()`. */
  settlesAt: number;
}

/** Milliseconds that the vault takes; Infinity: until `finish`. */
export interface Delays {
  delete: number;
  recover: number;
}

/** The secrets of one vault: names in any case, versions, and what was deleted. */
export class VaultSecrets {
  readonly delays: Delays = { delete: 0, recover: 0 };
  readonly #secrets = new Map<string, VaultSecret>();

  find(name: string): VaultSecret | undefined {
    const secret = this.#secrets.get(name.toUpperCase());
    if (secret && performance.now() >= secret.settlesAt) settle(secret);
    return secret;
  }

  /** Sorted by name, upper case being what counts. */
  inState(...states: VaultSecret['state'][]): VaultSecret[] {
    const names = [...this.#secrets.keys()].toSorted();
    return names
      .map((name) => this.find(name))
      .filter((secret) => secret !== undefined && states.includes(secret.state)) as VaultSecret[];
  }

  /** Adds a version. */
  set(name: string, draft: Draft, { id = randomBytes(16).toString('hex'), isManaged = false } = {}): Version {
    const now = Math.floor(Date.now() / 1000);
    const secret = this.find(name) ?? { name, versions: [], isManaged, state: 'active', deletedAt: 0, settlesAt: Infinity };
    const version = { ...draft, id, createdAt: now, updatedAt: now };
    secret.versions.push(version);
    this.#secrets.set(name.toUpperCase(), secret);
    return version;
  }

  delete(secret: VaultSecret): void {
    Object.assign(secret, {
      state: 'deleting',
      deletedAt: Math.floor(Date.now() / 1000),
      settlesAt: performance.now() + this.delays.delete,
    });
  }

  recover(secret: VaultSecret): void {
    Object.assign(secret, { state: 'recovering', settlesAt: performance.now() + this.delays.recover });
  }

  purge({ name }: VaultSecret): void {
    this.#secrets.delete(name.toUpperCase());
  }

  /** Ends the deletion or recovery that is under way: of one secret, or of all. */
  finish(name?: string): void {
    const secrets = name === undefined ? this.#secrets.values() : [this.#secrets.get(name.toUpperCase()) ?? []].flat();
    for (const secret of secrets) settle(secret);
  }
}

function settle(secret: VaultSecret): void {
  if (secret.state === 'deleting') secret.state = 'deleted';
  if (secret.state === 'recovering') secret.state = 'active';
  secret.settlesAt = Infinity;
}

/** Of one version, or of the newest. */
export function versionOf({ versions }: VaultSecret, id: string): Version | undefined {
  return id === '' ? versions.at(-1) : versions.find((version) => version.id === id);
}

/** As the vault writes it; members that were not set are absent. */
export function bundle(host: string, name: string, version: Version, show: { value?: boolean; version?: boolean } = {}): object {
  const { value, contentType, tags, attributes = {}, createdAt, updatedAt } = version;
  return {
    ...(show.value && { value }),
    ...(contentType !== undefined && { contentType }),
    id: `https://${host}/secrets/${name}${show.version === false ? '' : `/${version.id}`}`,
    attributes: {
      enabled: true,
      ...attributes,
      created: createdAt,
      updated: updatedAt,
      recoveryLevel: 'CustomizedRecoverable+Purgeable',
      recoverableDays: 7,
    },
    ...(tags && { tags }),
  };
}
