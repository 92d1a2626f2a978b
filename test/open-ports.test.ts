import { describe, expect, test } from 'vitest';
import { readSettings } from '../shared/domain/settings.ts';
import { openPorts } from '../shared/open-ports.ts';
import { openDataFolder } from '../shared/stores/data-folder.ts';
import { temporaryFolder } from './stores/temporary-folder.ts';
import { TEST_POLICY } from './service.ts';

describe('the store of secrets on this machine, where no setting names it', () => {
  test('is refused as long as another program holds the data folder, and no longer', async () => {
    await using folder = await temporaryFolder();
    const other = await openDataFolder(folder.path, {});
    const settings = readSettings({
      REGCRED_RECORDS: 'table',
      REGCRED_QUEUE: 'storage-queue',
      REGCRED_SECRETS: 'key-vault',
      REGCRED_VAULT_URL: 'https://contoso-regcred.vault.azure.net',
      AzureWebJobsStorage: 'UseDevelopmentStorage=true',
      REGCRED_DATA: folder.path,
      REGCRED_POLICY: JSON.stringify(TEST_POLICY),
    });
    const ports = await openPorts(settings);

    const refused = await ports.secretStore('local').catch((error: unknown) => error);
    await other.close();
    const store = await ports.secretStore('local');

    expect(refused).toMatchObject({ code: 'STORE_UNAVAILABLE', details: { hint: expect.stringContaining('REGCRED_DATA') } });
    expect(await store.get('cred-x', '0'.repeat(32))).toBeUndefined();
    await ports.close();
  });
});
