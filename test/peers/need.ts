import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join, resolve } from 'node:path';

/** Exchanges with the real services, beside the repository. */
export const RECORDINGS = resolve(import.meta.dirname, '../../../shared/recordings');

const require = createRequire(import.meta.url);

/** Peers that a machine can lack, and how to see whether this machine has them. Further ones are further lines. */
const PEERS = {
  registry: () => hasProgram('docker-registry') && hasProgram('htpasswd'),
  skopeo: () => hasProgram('skopeo'),
  podman: () => hasProgram('podman'),
  umoci: () => hasProgram('umoci'),
  moto: () => motoServer() !== undefined,
  azurite: () => azuriteProgram() !== undefined,
  recordings: () => existsSync(RECORDINGS),
} satisfies Record<string, () => boolean>;

/** Where .ci/run puts moto, which is no package of the system. */
const MOTO_FOLDER = '/opt/regcred-moto/bin';

/** The program of moto: what MOTO_SERVER names, else from the PATH, else where .ci/run put it. */
export function motoServer(): string | undefined {
  const named = process.env['MOTO_SERVER'];
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), MOTO_FOLDER];
  return [...(named ? [named] : []), ...folders.map((folder) => join(folder, 'moto_server'))].find(isExecutable);
}

/** The program of Azurite, which comes through npm unless development packages were left out. */
export function azuriteProgram(): string | undefined {
  try {
    return require.resolve('azurite/dist/src/azurite.js');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

export type Peer = keyof typeof PEERS;

declare module 'vitest' {
  interface TaskMeta {
    /** Peers that were missing, so that the suite did not run. */
    missingPeers?: Peer[];
  }
}

/**
 * The options of a `describe` or `test` that cannot run without these peers: `describe('...', needs('registry'), () => ...)`.
 * It is skipped where one is missing, and the reporter names it. `REQUIRE_PEERS=1` (all), or a list of names, makes that an
 * error instead. A misspelled name there is one, too.
 */
export function needs(...peers: Peer[]): { skip: boolean; meta: { missingPeers: Peer[] } } {
  const required = requiredPeers(process.env['REQUIRE_PEERS'] ?? '');
  const missing = peers.filter((peer) => !PEERS[peer]());
  const refused = missing.filter((peer) => required.has(peer));
  if (refused.length > 0) throw new Error(`REQUIRE_PEERS asks for what this machine does not have: ${refused.join(', ')}`);
  return { skip: missing.length > 0, meta: { missingPeers: missing } };
}

/** The peers that REQUIRE_PEERS names. Throws for a name that is none. */
export function requiredPeers(text: string): Set<string> {
  if (text === '1') return new Set(Object.keys(PEERS));
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = names.filter((name) => !Object.hasOwn(PEERS, name));
  if (unknown.length > 0)
    throw new Error(`REQUIRE_PEERS names no peer: ${unknown.join(', ')}. Peers are ${Object.keys(PEERS).join(', ')}.`);
  return new Set(names);
}

function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => isExecutable(join(folder, name)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
