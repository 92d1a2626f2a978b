import { describe, expect, test } from 'vitest';
import { startAwsStores, startAzureStores } from '../peers/cloud-stores.ts';
import { needs } from '../peers/need.ts';
import { eventually, startService, type Reply } from '../service.ts';

const PROJECT = '/api/projects/default';

/** Milliseconds for an import, which asks the store some times for each entry. */
const IMPORT_LIMIT = 60_000;

const login = (name: string) => ({ name, url: 'registry.example.com', username: 'ci', password: `password of ${name}` });

describe('an import and a drift check', { ...needs('azurite', 'moto'), timeout: 120_000 }, () => {
  test.for([
    ['Table Storage, Storage queues and Key Vault', startAzureStores],
    ['Table Storage, Storage queues and Secrets Manager', startAwsStores],
  ] as const)('on %s', async ([, start]) => {
    await using stores = await start();
    await using service = await startService({ environment: stores.environment, policy: { network: stores.network } });
    const ended = (accepted: Reply) => {
      expect(accepted.status).toBe(202);
      return eventually(async () => {
        const { json } = await service.get(accepted.headers.get('location') ?? '');
        return json.status === 'ended' && json;
      }, IMPORT_LIMIT);
    };
    const credentials = Array.from({ length: 23 }, (_, number) => login(`CI ${number}`));

    const body = { schemaVersion: 1, credentials: [...credentials, { ...login('No secret'), password: null }] };
    const imported = await ended(await service.post(`${PROJECT}/imports?check=skip`, body));

    expect(imported.counts).toEqual({ total: 24, created: 23, failed: 1, pending: 0 });
    const handedOut = await service.post(`${PROJECT}/credentials/${imported.entries[22].id}/login`);
    expect(handedOut.json.value).toEqual({ username: 'ci', password: 'password of CI 22' });
    const { report } = await ended(await service.post(`${PROJECT}/drift-checks`));
    // The secrets in which the import waited are gone from the list.
    expect(report).toEqual({ records: 23, versions: 23, counts: {}, findings: [], isCut: false });
  });
});
