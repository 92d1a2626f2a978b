import type { SecretStoreName } from './domain/policy.ts';
import type { Queue, RecordStore, SecretStore } from './domain/ports.ts';
import { ConfigurationError, storageOf, type Settings } from './domain/settings.ts';
import { awsIdentityMistake } from './identity/aws.ts';
import { openOwnIdentity, type OwnIdentity } from './identity/own-identity.ts';
import { systemClock, type Clock } from './lib/clock.ts';
import { AppError } from './lib/errors.ts';
import { awsHttpHandler } from './net/aws-http-handler.ts';
import { azureHttpClient } from './net/azure-http-client.ts';
import type { NetworkPolicy } from './net/network-policy.ts';
import { operatorNetwork, type Operator } from './net/operator.ts';
import { openDataFolder, type DataFolder } from './stores/data-folder.ts';
import { openSqliteQueue } from './stores/queue/sqlite.ts';
import { openSqliteRecords } from './stores/records/sqlite.ts';
import { openLocalSecrets } from './stores/secrets/local.ts';

/** The stores behind the ports, and as whom they are asked. */
export interface Ports {
  records: RecordStore;
  queue: Queue;
  secretStore(name: SecretStoreName): Promise<SecretStore>;
  identity: OwnIdentity;
  clock: Clock;
  close(): Promise<void>;
}

/** The only place that knows which store is behind a port. Throws ConfigurationError for one that the settings do not lead to. */
export async function openPorts(settings: Settings, clock: Clock = systemClock): Promise<Ports> {
  requireKnownStores(settings);
  // Opened, and so held for this process alone, only if something is kept in it.
  let folder: DataFolder | undefined;
  const dataFolder = onDemand(async () => (folder = await openDataFolder(settings.dataFolder, process.env)));
  const records =
    settings.records === 'table'
      ? await (await import('./stores/records/table.ts')).openTableRecords(storageOf(settings))
      : await openSqliteRecords((await dataFolder()).records, process.env);
  const queue =
    settings.queue === 'storage-queue'
      ? await (await import('./stores/queue/storage-queue.ts')).openStorageQueue(storageOf(settings))
      : await openSqliteQueue((await dataFolder()).queue, clock);
  const localSecrets = onDemand(async () => openLocalSecrets(await dataFolder()));
  if (secretStoresOf(settings).has('local')) await localSecrets();
  const operator = operatorNetwork(networkPolicy(settings));
  const identity = openOwnIdentity(process.env, settings, { operator, clock });
  // Opened when they are first asked for: their libraries cost time at a start.
  const secretStores: Record<SecretStoreName, () => Promise<SecretStore>> = {
    local: () => localSecrets().catch(refuseLocal),
    'key-vault': onDemand(() => openVault(settings, operator, identity)),
    'secrets-manager': onDemand(() => openAws(settings, operator, identity)),
  };
  return {
    records,
    queue,
    secretStore: (name) => secretStores[name](),
    identity,
    clock,
    close: async () => {
      await operator[Symbol.asyncDispose]();
      await records.close();
      await queue.close();
      await folder?.close();
    },
  };
}

/** Opens once; after a failure, whoever asks next tries again. */
function onDemand<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () =>
    (opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    }));
}

/** To a caller that names the local store, although no setting does. */
function refuseLocal(cause: unknown): never {
  throw new AppError('STORE_UNAVAILABLE', 'This service cannot keep secrets on its own disk', {
    hint: 'REGCRED_DATA: must be a folder that no other regcred uses; in Azure no disk lasts, so use key-vault',
    cause,
  });
}

/** Throws STORE_UNAVAILABLE where no setting names a vault: secrets were once kept in one, or somebody asks to move one there. */
async function openVault({ vaultUrl }: Settings, operator: Operator, identity: OwnIdentity): Promise<SecretStore> {
  if (!vaultUrl) throw new AppError('STORE_UNAVAILABLE', 'This service knows no vault', { hint: VAULT_URL_MISSING });
  const { openKeyVault } = await import('./stores/secrets/key-vault.ts');
  return openKeyVault({ url: vaultUrl, credential: await identity.azure(), httpClient: azureHttpClient(operator) });
}

/** Throws STORE_UNAVAILABLE where the settings do not say how to get at it. */
async function openAws(settings: Settings, operator: Operator, identity: OwnIdentity): Promise<SecretStore> {
  const { awsRegion: region, retentionDays } = settings;
  const mistake = awsMistake(settings);
  if (mistake || !region) {
    throw new AppError('STORE_UNAVAILABLE', 'This service cannot get at Secrets Manager', { ...(mistake && { hint: mistake }) });
  }
  const { openSecretsManager } = await import('./stores/secrets/secrets-manager.ts');
  const httpHandler = awsHttpHandler((url, options) => operator.request(url.href, options));
  return openSecretsManager({ region, key: () => identity.aws(), httpHandler, retentionDays });
}

/** What keeps Secrets Manager from being used. */
function awsMistake(settings: Settings): string | undefined {
  if (!settings.awsRegion) return 'REGCRED_AWS_REGION: is needed where secrets are kept in secrets-manager';
  return awsIdentityMistake(process.env, settings);
}

const VAULT_URL_MISSING = 'REGCRED_VAULT_URL: is needed where secrets are kept in key-vault';

function requireKnownStores(settings: Settings): void {
  const used = secretStoresOf(settings);
  const mistake = used.has('secrets-manager') ? awsMistake(settings) : undefined;
  if (mistake) throw new ConfigurationError([mistake]);
  if (used.has('key-vault') && !settings.vaultUrl) throw new ConfigurationError([VAULT_URL_MISSING]);
}

/** Those that new credentials go to. */
function secretStoresOf({ secrets, policy }: Settings): Set<SecretStoreName> {
  return new Set([secrets, ...policy.projects.map(({ secretStore }) => secretStore ?? secrets)]);
}

export function networkPolicy({ policy, inAzure }: Settings): NetworkPolicy {
  return { ...policy.network, inAzure };
}
