import { describe } from 'vitest';
import type { SecretStore } from '../../shared/domain/ports.ts';
import { describeSecretRemoval } from './secret-store/removal.ts';
import { describeSecretVersions } from './secret-store/versions.ts';
import './trait.ts';

/** An empty store, and the end of all that was started for it. */
export interface SecretStoreUnderTest extends AsyncDisposable {
  store: SecretStore;
  /** Opens the store again, as the next start of the program would. */
  reopen(): Promise<SecretStore>;
  /** Everything that the store keeps where others might look. */
  bytesAtRest?(): Promise<Buffer[]>;
}

/**
 * Where an implementation may differ. `purges`: it has `purge`. `refusesRemoved`: false only for a peer that wrongly takes
 * a `put` to a removed name. `showsBytesAtRest`: the test can look at what is kept.
 */
export interface SecretStoreTraits {
  purges: boolean;
  refusesRemoved: boolean;
  showsBytesAtRest: boolean;
}

export type OpenSecretStore = () => Promise<SecretStoreUnderTest>;

/**
 * What every SecretStore does: one line in a test file runs it on a further implementation. A store that is slow to
 * remove or restore may answer STORE_UNAVAILABLE meanwhile. Not looked at, because stores differ and nobody asks: `get`,
 * `find` and `list` of a retired version, and `find` of a removed name.
 */
export function describeSecretStore(implementation: string, open: OpenSecretStore, traits: SecretStoreTraits): void {
  describe(`SecretStore on ${implementation}`, { meta: { contract: { port: 'SecretStore', implementation } } }, () => {
    describeSecretVersions(open, traits);
    describeSecretRemoval(open, traits);
  });
}
