import { app as functionsApp, type InvocationContext } from '@azure/functions';
import { LRUCache } from 'lru-cache';
import type { z } from 'zod';
import type { App } from './domain/app.ts';
import { MintedLogins } from './domain/minted-logins.ts';
import type { SecretStoreName } from './domain/policy.ts';
import type { Queue, RecordStore, SecretStore } from './domain/ports.ts';
import { ConfigurationError, readSettings, storageOf, type Settings } from './domain/settings.ts';
import { KeySets } from './http/key-sets.ts';
import { declareRoute, writerOf, type PrivateRoute, type PublicRoute, type Service } from './http/route.ts';
import { systemClock, MINUTE, HOUR, type Clock } from './lib/clock.ts';
import { AppError } from './lib/errors.ts';
import { runInvocation } from './lib/invocation.ts';
import { guardedNetwork } from './net/guarded.ts';
import type { NetworkPolicy } from './net/network-policy.ts';
import { operatorNetwork, type Operator } from './net/operator.ts';
import { awsAccessKey } from './stores/aws/access-key.ts';
import { awsHttpHandler } from './stores/aws/http-handler.ts';
import { azureCredential } from './stores/azure/credential.ts';
import { azureHttpClient } from './stores/azure/http-client.ts';
import { openDataFolder, type DataFolder } from './stores/data-folder.ts';
import { openSqliteQueue } from './stores/queue/sqlite.ts';
import { openStorageQueue } from './stores/queue/storage-queue.ts';
import { openSqliteRecords } from './stores/records/sqlite.ts';
import { openTableRecords } from './stores/records/table.ts';
import { openKeyVault } from './stores/secrets/key-vault.ts';
import { openLocalSecrets } from './stores/secrets/local.ts';
import { openSecretsManager } from './stores/secrets/secrets-manager.ts';

/** The stores behind the ports. */
export interface Ports {
  records: RecordStore;
  queue: Queue;
  secretStore(name: SecretStoreName): Promise<SecretStore>;
  clock: Clock;
  close(): Promise<void>;
}

/** How long a secret is kept in memory: so long can a version that was disabled in its store still be handed out. */
const MATERIAL_LIFE = 10 * MINUTE;

/** Milliseconds that a caller waits for the keys of an issuer. */
const KEYS_LIMIT = 10_000;

let running: Promise<Service & AsyncDisposable> | undefined;

/** The service of this process, opened once. Throws ConfigurationError. */
function service(): Promise<Service & AsyncDisposable> {
  running ??= start();
  return running;
}

async function start(): Promise<Service & AsyncDisposable> {
  const settings = readSettings(process.env);
  return openService(settings, await openPorts(settings));
}

/** For a program that brings parts of its own: what it gives is the service of this process. */
export function useService(made: Promise<Service & AsyncDisposable>): void {
  running = made;
}

/** Puts the parts together. */
export function openService(settings: Settings, ports: Ports): Service & AsyncDisposable {
  const policy = networkPolicy(settings);
  const operator = operatorNetwork(policy);
  const app: App = {
    settings,
    records: ports.records,
    queue: ports.queue,
    secretStore: (name) => ports.secretStore(name),
    network: guardedNetwork(policy),
    clock: ports.clock,
    materials: new LRUCache({ max: 10_000, ttl: MATERIAL_LIFE }),
    handOuts: { hour: 0, counts: new Map() },
    checks: { minute: 0, counts: new Map() },
    mintedLogins: new MintedLogins(ports.clock),
    // By size rather than `max`, for which the library sets all its memory aside at the start: 6 MB, and tens of milliseconds.
    lastUses: new LRUCache({ maxSize: 100_000, sizeCalculation: () => 1, ttl: HOUR }),
  };
  const keySets = new KeySets((url) => operator.getJson(url, AbortSignal.timeout(KEYS_LIMIT)), ports.clock);
  return {
    app,
    authentication: { policy: settings.policy, keySets, clock: ports.clock },
    async [Symbol.asyncDispose]() {
      await operator[Symbol.asyncDispose]();
      await ports.close();
    },
  };
}

function networkPolicy({ policy, inAzure }: Settings): NetworkPolicy {
  return { ...policy.network, inAzure };
}

/** The only place that knows which store is behind a port. Throws ConfigurationError for one that the settings do not lead to. */
export async function openPorts(settings: Settings, clock: Clock = systemClock): Promise<Ports> {
  requireKnownStores(settings);
  // Opened, and so held for this process alone, only if something is kept in it.
  let folder: Promise<DataFolder> | undefined;
  const dataFolder = () => (folder ??= openDataFolder(settings.dataFolder, process.env));
  const records =
    settings.records === 'table'
      ? await openTableRecords(storageOf(settings))
      : await openSqliteRecords((await dataFolder()).records, process.env);
  const queue =
    settings.queue === 'storage-queue'
      ? await openStorageQueue(storageOf(settings))
      : await openSqliteQueue((await dataFolder()).queue, clock);
  let local: Promise<SecretStore> | undefined;
  const localSecrets = () => (local ??= dataFolder().then(openLocalSecrets));
  if (secretStoresOf(settings).has('local')) await localSecrets();
  const operator = operatorNetwork(networkPolicy(settings));
  let vault: Promise<SecretStore> | undefined;
  let secretsManager: Promise<SecretStore> | undefined;
  // Opened when they are first asked for: their libraries cost time at a start.
  const secretStores: Record<SecretStoreName, () => Promise<SecretStore>> = {
    local: localSecrets,
    'key-vault': () => (vault ??= openVault(settings, operator)),
    'secrets-manager': () => (secretsManager ??= openAws(settings, operator)),
  };
  return {
    records,
    queue,
    secretStore: (name) => secretStores[name](),
    clock,
    close: async () => {
      await operator[Symbol.asyncDispose]();
      await records.close();
      await queue.close();
      await (await folder)?.close();
    },
  };
}

/** Throws STORE_UNAVAILABLE where secrets were once kept in a vault, and no setting names it any more. */
async function openVault({ vaultUrl, inAzure }: Settings, operator: Operator): Promise<SecretStore> {
  if (!vaultUrl) throw new AppError('STORE_UNAVAILABLE', 'The vault of this secret is not known', { hint: VAULT_URL_MISSING });
  const httpClient = azureHttpClient(operator);
  const credential = await azureCredential(process.env, { inAzure, httpClient });
  return openKeyVault({ url: vaultUrl, credential, httpClient });
}

/** Throws STORE_UNAVAILABLE where secrets were once kept there, and the settings no longer say how to get at them. */
async function openAws(settings: Settings, operator: Operator): Promise<SecretStore> {
  const { awsRegion: region, retentionDays } = settings;
  const key = awsAccessKey(process.env);
  const mistake = awsMistake(settings);
  if (mistake || !region || !key) {
    throw new AppError('STORE_UNAVAILABLE', 'This service cannot get at Secrets Manager', { ...(mistake && { hint: mistake }) });
  }
  return openSecretsManager({ region, key, httpHandler: awsHttpHandler(operator), retentionDays });
}

/** What keeps Secrets Manager from being used. In Azure a key that does not end has no place. */
function awsMistake({ awsRegion, inAzure }: Settings): string | undefined {
  if (inAzure)
    return 'REGCRED_SECRETS: secrets-manager is not to be had in Azure in this version; use key-vault, also in the projects of the policy';
  if (!awsRegion) return 'REGCRED_AWS_REGION: is needed where secrets are kept in secrets-manager';
  if (!awsAccessKey(process.env))
    return 'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: are needed where secrets are kept in secrets-manager';
  return undefined;
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

/** Declares an HTTP function: see `http/route.ts`. */
export function route<Query extends z.ZodType, Body extends z.ZodType>(
  declaration: PrivateRoute<Query, Body> | PublicRoute<Query, Body>,
): void {
  declareRoute(declaration, service);
}

/** The handler of a function that a clock or a queue starts. What it throws, the platform handles as its trigger says. */
export function handler<Trigger>(run: (app: App, trigger: Trigger) => Promise<unknown>) {
  return (trigger: Trigger, context: InvocationContext): Promise<void> =>
    runInvocation({ requestId: context.invocationId, write: writerOf(context) }, async () => {
      await run((await service()).app, trigger);
    });
}

// A mistake in the configuration stops the start, not the first request.
functionsApp.hook.appStart(async () => void (await service()));
functionsApp.hook.appTerminate(async () => (await running)?.[Symbol.asyncDispose]());
