import type { TokenCredential } from '@azure/identity';
import type { SecretClient } from '@azure/keyvault-secrets';
import type { SecretStore } from '../../domain/ports.ts';
import { AppError } from '../../lib/errors.ts';
import { Secret } from '../../lib/secret.ts';
import { AZURE_CLIENT_OPTIONS, type AzureHttpClient } from '../../net/azure-http-client.ts';
import { keyedTurns } from '../keyed-turns.ts';
import { checkedSecretStore, type Draft } from './checked-secret-store.ts';
import { refusingVault, stillChanging, vaultFailure, VaultRefusal } from './key-vault-failure.ts';
import { findVersion, idOf, listVersions, OPERATION, versionsOf } from './key-vault-versions.ts';

const VERSION = /^[0-9a-f]{32}$/;

/** 2038-01-19. The client counts seconds in 32 bits: a later end would become one in the past. It is in the record in any case. */
const LATEST_END = new Date(0x7fff_ffff * 1000);

export interface KeyVaultOptions {
  /** `https://NAME.vault.azure.net`, or of a sovereign cloud. */
  url: string;
  credential: TokenCredential;
  httpClient: AzureHttpClient;
}

/**
 * Material in Azure Key Vault. Deletions and recoveries go on there for up to two minutes after they are asked for:
 * nothing here waits for them. A vault ends by itself what was removed, after its own retention, so there is no `purge`.
 *
 * A vault has no conditional write, so that `put` looks for the operation's tag before and after it writes. Within one
 * program they take turns; if two programs wrote one operation at once, both versions hold its value, the elder one is
 * the operation's, and both are retired together.
 */
export async function openKeyVault({ url, credential, httpClient }: KeyVaultOptions): Promise<SecretStore> {
  const { SecretClient } = await import('@azure/keyvault-secrets');
  const client = new SecretClient(url, credential, { httpClient: refusingVault(httpClient), ...AZURE_CLIENT_OPTIONS });
  const inTurn = keyedTurns();

  return checkedSecretStore(
    { version: VERSION, failure: vaultFailure },
    {
      put: (draft) => inTurn(draft.name, () => put(client, draft)),
      get: (name, version) => read(client, name, version),
      find: (name, operation) => findVersion(client, name, operation),
      retire: (name, version) => retire(client, name, version),
      remove: (name) => remove(client, name),
      restore: (name) => restore(client, name),
      list: () => listVersions(client),
    },
  );
}

/** Answers the operation's version: the one that is there, or the one that this writes. */
async function put(client: SecretClient, draft: Draft): Promise<string> {
  const { name, operation, value } = draft;
  const before = await findVersion(client, name, operation);
  const written = before ? undefined : await write(client, draft);
  const version = before ?? (await findVersion(client, name, operation)) ?? written;
  if (version === undefined) throw new Error(`The secret ${name} lost the version that was written to it`);
  if (version !== written) await requireValue(client, name, version, value);
  return version;
}

/** Answers the new version; undefined if the answer was lost, but the version is there. */
async function write(client: SecretClient, { name, value, operation, expiresAt, tags }: Draft): Promise<string | undefined> {
  try {
    const { properties } = await client.setSecret(name, value.reveal(), {
      // Near this time the vault raises its own events; it goes on answering the value.
      ...(expiresAt && expiresAt <= LATEST_END && { expiresOn: expiresAt }),
      tags: { ...tags, [OPERATION]: operation },
    });
    return properties.version;
  } catch (error) {
    if (hasCode(error, 'ObjectIsDeletedButRecoverable', 'ObjectIsBeingDeleted')) {
      throw new Error(`The secret ${name} is removed and takes no further version`, { cause: error });
    }
    if (error instanceof VaultRefusal && error.statusCode < 500) throw error;
    if (await findVersion(client, name, operation)) return undefined;
    throw error;
  }
}

/** Throws an Error if the operation has written another value; of a retired version nobody knows it any more. */
async function requireValue(client: SecretClient, name: string, version: string, value: Secret): Promise<void> {
  const there = await read(client, name, version);
  if (there === undefined || there.reveal() === value.reveal()) return;
  throw new Error(`The operation has already written another value to the secret ${name}`);
}

/** Undefined for what is not there, is removed, or was disabled. */
async function read(client: SecretClient, name: string, version: string): Promise<Secret | undefined> {
  try {
    const { value } = await client.getSecret(name, { version });
    return value === undefined ? undefined : new Secret(value);
  } catch (error) {
    if (hasCode(error, 'SecretNotFound', 'SecretDisabled')) return undefined;
    throw error;
  }
}

/** Disables the version, and those that another program wrote for the same operation at the same time. */
async function retire(client: SecretClient, name: string, version: string): Promise<void> {
  const all = await versionsOf(client, name);
  const operation = all.find((one) => idOf(one) === version)?.tags?.[OPERATION];
  const ended = all.filter((one) => idOf(one) === version || (operation && one.tags?.[OPERATION] === operation));
  for (const one of ended) {
    if (one.enabled) await client.updateSecretProperties(name, idOf(one), { enabled: false });
  }
}

async function remove(client: SecretClient, name: string): Promise<void> {
  try {
    // Sends the deletion and looks once how far it is; it is the poller's later calls that wait.
    await client.beginDeleteSecret(name);
  } catch (error) {
    if (!hasCode(error, 'SecretNotFound', 'ObjectIsBeingDeleted')) throw error;
  }
}

async function restore(client: SecretClient, name: string): Promise<void> {
  try {
    // Does nothing if the secret is there, else sends the recovery and looks once how far it is.
    const recovery = await client.beginRecoverDeletedSecret(name);
    if (!recovery.isDone()) throw stillChanging();
  } catch (error) {
    if (!hasCode(error, 'SecretNotFound')) throw error;
    // The client takes a name whose newest version is disabled for one that is not there.
    if ((await versionsOf(client, name)).length > 0) return;
    throw new AppError('SECRET_MISSING', 'The secret is not in its vault, nor can it be restored.', {
      hint: 'It was purged outside regcred: bring it back from a backup of the vault, or make a new credential.',
    });
  }
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof VaultRefusal && codes.includes(error.code);
}
