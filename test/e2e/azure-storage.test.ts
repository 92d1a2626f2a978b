import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { create, CREDENTIALS, passwordOf } from '../crash/credentials.ts';
import { startAzurite } from '../peers/azurite.ts';
import { needs } from '../peers/need.ts';
import { temporaryFolder } from '../stores/temporary-folder.ts';
import { eventually, startService, type Service } from '../service.ts';

describe('records in a table and work in a storage queue', needs('azurite'), () => {
  test('a credential is created, handed out and told of, and all is there after a restart', async () => {
    await using azurite = await startAzurite();
    await using folder = await temporaryFolder();
    const data = folder.path;
    const environment = {
      REGCRED_RECORDS: 'table',
      REGCRED_QUEUE: 'storage-queue',
      AzureWebJobsStorage: azurite.newAccount(),
    };
    let id: string;
    {
      await using service = await startService({ data, environment });
      id = await create(service, { name: 'Kept', host: 'kept.example.com', password: 'kept-password' });

      expect(await passwordOf(service, id)).toBe('kept-password');
      expect(await toldOf(service, id)).toEqual(
        expect.arrayContaining(['regcred.credential.created', 'regcred.credential.handed-out']),
      );
      expect(await service.stop()).toBe(0);
    }

    await using service = await startService({ data, environment });

    expect((await service.get(`${CREDENTIALS}/${id}`)).json).toMatchObject({ name: 'Kept', revision: 1 });
    expect(await passwordOf(service, id)).toBe('kept-password');
    expect(existsSync(join(data, 'records.db')) || existsSync(join(data, 'queue.db'))).toBe(false);
  });

  test('with secrets elsewhere, too, nothing of the embedded stores is made or locked', async () => {
    await using azurite = await startAzurite();
    const environment = {
      REGCRED_RECORDS: 'table',
      REGCRED_QUEUE: 'storage-queue',
      REGCRED_SECRETS: 'key-vault',
      REGCRED_VAULT_URL: 'https://not-asked-here.vault.azure.net',
      AzureWebJobsStorage: azurite.newAccount(),
    };

    await using service = await startService({ environment });

    expect((await service.get(CREDENTIALS)).json).toEqual({ value: [] });
    expect(['lock', 'records.db', 'queue.db', 'secrets'].filter((name) => existsSync(join(service.data, name)))).toEqual([]);
  });

  test('no storage account named: the start says which setting is missing', async () => {
    const environment = { REGCRED_RECORDS: 'table', AzureWebJobsStorage: '' };

    await expect(startService({ environment })).rejects.toThrow('AzureWebJobsStorage');
  });
});

/** The worker copies it there, once the message that says so went through the queue. */
function toldOf(service: Service, id: string): Promise<string[]> {
  return eventually(async () => {
    const { json } = await service.get(`${CREDENTIALS}/${id}/activity`);
    const types: string[] = json.value.map(({ type }: { type: string }) => type);
    return types.includes('regcred.credential.created') && types;
  });
}
