import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTableRecords } from '../../../shared/stores/records/table.ts';
import { describeRecordStore, type RecordStoreUnderTest } from '../../contract/record-store.ts';
import { startAzurite, type Azurite } from '../../peers/azurite.ts';
import { startLossyProxy, type Fault, type LossyProxy } from '../../peers/lossy-proxy.ts';
import { needs } from '../../peers/need.ts';

describe('Azure Table Storage', needs('azurite'), () => {
  let azurite: Azurite;
  beforeAll(async () => {
    azurite = await startAzurite();
  });
  afterAll(() => azurite[Symbol.asyncDispose]());

  describeRecordStore('table', async (): Promise<RecordStoreUnderTest> => {
    const account = { connectionString: azurite.newAccount() };
    const open = () => openTableRecords(account);
    return { store: await open(), reopen: open, [Symbol.asyncDispose]: async () => {} };
  });

  describe('a transaction', () => {
    test.for<{ faults: Fault[] }>([
      { faults: [503, 429] },
      { faults: ['break-before'] },
      { faults: ['lose-answer'] },
      { faults: [503, 'break-before', 'lose-answer'] },
    ])('is applied once although $faults come between', async ({ faults }) => {
      await using subject = await openBehindProxy();
      const { store, proxy } = subject;
      const [gone = '', old = ''] = await store.write('p', [
        { kind: 'insert', row: 'gone', fields: {} },
        { kind: 'insert', row: 'old', fields: { n: 1 } },
      ]);
      proxy.faults.push(...faults);

      const etags = await store.write('p', [
        { kind: 'delete', row: 'gone', etag: gone },
        { kind: 'insert', row: 'new', fields: { n: 2 } },
        { kind: 'replace', row: 'old', fields: { n: 2 }, etag: old },
        { kind: 'put', row: 'put', fields: { n: 2 } },
      ]);

      expect(await store.range('p', { limit: 10 })).toEqual([
        { row: 'new', fields: { n: 2 }, etag: etags[1] },
        { row: 'old', fields: { n: 2 }, etag: etags[2] },
        { row: 'put', fields: { n: 2 }, etag: etags[3] },
      ]);
      expect(proxy.faults).toEqual([]);
    });

    test.for(['insert', 'replace', 'put', 'delete'] as const)(
      'of one %s is applied once although its answer is lost',
      async (kind) => {
        await using subject = await openBehindProxy();
        const { store, proxy } = subject;
        const [etag = ''] = kind === 'insert' ? [] : await store.write('p', [{ kind: 'insert', row: 'a', fields: { n: 1 } }]);
        proxy.faults.push('lose-answer');

        const [answered] = await store.write('p', [{ kind, row: 'a', fields: { n: 2 }, etag }]);

        expect(await store.get('p', 'a')).toEqual(kind === 'delete' ? undefined : { row: 'a', fields: { n: 2 }, etag: answered });
      },
    );

    test('that another one was built on is not applied again over it', async () => {
      await using subject = await openBehindProxy();
      const { store, proxy, direct } = subject;
      proxy.beforeLoss = async () => {
        const read = await direct.get('p', 'a');
        await direct.write('p', [{ kind: 'replace', row: 'a', fields: { by: 'another' }, etag: read?.etag ?? '' }]);
      };
      proxy.faults.push('lose-answer');

      const [etag = ''] = await store.write('p', [
        { kind: 'insert', row: 'a', fields: { by: 'me' } },
        { kind: 'put', row: 'b', fields: {} },
      ]);

      expect((await store.get('p', 'a'))?.fields).toEqual({ by: 'another' });
      await expect(store.write('p', [{ kind: 'replace', row: 'a', fields: {}, etag }])).rejects.toMatchObject({
        reason: 'changed',
      });
    });

    test('whose row another one took first is a conflict although it was sent twice', async () => {
      await using subject = await openBehindProxy();
      const { store, proxy, direct } = subject;
      await direct.write('p', [{ kind: 'insert', row: 'a', fields: { by: 'another' } }]);
      proxy.faults.push('lose-answer');

      await expect(store.write('p', [{ kind: 'insert', row: 'a', fields: { by: 'me' } }])).rejects.toMatchObject({
        name: 'RowConflict',
        index: 0,
        reason: 'exists',
      });
    });
  });

  describe('an outage', () => {
    test('of longer than the tries is STORE_UNAVAILABLE', async () => {
      await using subject = await openBehindProxy();
      subject.proxy.faults.push(...Array<Fault>(4).fill(503));

      await expect(subject.store.write('p', [{ kind: 'put', row: 'a', fields: {} }])).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        details: { hint: expect.stringContaining('AzureWebJobsStorage') },
      });
    });

    test('by a wrong key names the setting, and nothing of the key is told', async () => {
      const key = Buffer.from('another-key-than-that-of-azurite').toString('base64');
      const store = await openTableRecords({
        connectionString: azurite.newAccount().replace(/AccountKey=[^;]+/, `AccountKey=${key}`),
      });

      const error = await store.get('p', 'a').catch((reason: unknown) => reason);

      expect(error).toMatchObject({
        code: 'STORE_UNAVAILABLE',
        details: { hint: expect.stringContaining('AzureWebJobsStorage') },
      });
      expect(inspect(error, { depth: 20 })).not.toContain(key);
    });
  });

  async function openBehindProxy() {
    const connectionString = azurite.newAccount();
    const proxy: LossyProxy = await startLossyProxy(azurite.tablePort);
    return {
      proxy,
      store: await openTableRecords({
        connectionString: connectionString.replaceAll(`:${azurite.tablePort}/`, `:${proxy.port}/`),
      }),
      direct: await openTableRecords({ connectionString }),
      [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
    };
  }
});
