import { encodeBasic } from './basic.ts';
import type { Login } from './login.ts';

interface DockerConfigEntry {
  username: string;
  password: string;
  auth: string;
}

/** `config.json` as docker, podman, skopeo, containerd and the kubelet read it. It holds secrets as they are. */
export interface DockerConfig {
  auths: Record<string, DockerConfigEntry>;
}

/**
 * Writes logins under their keys. `auth` because podman and skopeo read nothing else; no `identitytoken`, which the kubelet
 * ignores. Throws RangeError for what would make consumers drop the whole file: a login that `auth` cannot carry, or one
 * host in two spellings, of which the kubelet takes either.
 */
export function dockerConfig(entries: { keys: string[]; login: Login }[]): DockerConfig {
  const auths = new Map<string, DockerConfigEntry>();
  const spellings = new Set<string>();
  for (const { keys, login } of entries) {
    const { username, password } = login;
    const entry = { username, password: password.reveal(), auth: encodeBasic(login).reveal() };
    for (const key of keys) {
      const spelling = lookedUpAs(key);
      if (spellings.has(spelling)) throw new RangeError(`Two logins for ${spelling} cannot stand in one docker config.`);
      spellings.add(spelling);
      auths.set(key, entry);
    }
  }
  return { auths: Object.fromEntries(auths) };
}

/** What consumers reduce a key to: no scheme, none of the API's paths, no slash at the end. */
function lookedUpAs(key: string): string {
  const bare = key.toLowerCase().replace(/^https?:\/\//, '');
  return bare.replace(/\/v[12]\/?$/, '').replace(/\/$/, '');
}
