import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QueueServiceClient } from '@azure/storage-queue';
import { DAY, SECOND } from '../../../shared/lib/clock.ts';
import { openStorageQueue } from '../../../shared/stores/queue/storage-queue.ts';
import { eventually } from '../../contract/eventually.ts';
import { describeQueue, type QueueUnderTest } from '../../contract/queue.ts';
import { startAzurite, type Azurite } from '../../peers/azurite.ts';
import { needs } from '../../peers/need.ts';

describe('Azure Storage queues', needs('azurite'), () => {
  let azurite: Azurite;
  beforeAll(async () => {
    azurite = await startAzurite();
  });
  afterAll(() => azurite[Symbol.asyncDispose]());

  describeQueue('storage-queue', async (): Promise<QueueUnderTest> => {
    const account = { connectionString: azurite.newAccount() };
    return {
      queue: await openStorageQueue(account),
      another: () => openStorageQueue(account),
      [Symbol.asyncDispose]: async () => {},
    };
  });

  test.for([0, 1])('a message delayed by %d seconds lives 7 days longer than that', async (delaySeconds) => {
    const connectionString = azurite.newAccount();
    const queue = await openStorageQueue({ connectionString });

    await queue.send('work', { n: 1 }, { delaySeconds });

    const client = QueueServiceClient.fromConnectionString(connectionString).getQueueClient('work');
    const { expiresOn, insertedOn } = await eventually(async () => (await client.peekMessages()).peekedMessageItems[0]);
    expect(expiresOn.getTime() - insertedOn.getTime()).toBe(7 * DAY + delaySeconds * SECOND);
  });

  test('a queue that somebody took away is made again', async () => {
    const connectionString = azurite.newAccount();
    const queue = await openStorageQueue({ connectionString });
    await queue.send('work', { n: 1 });
    await QueueServiceClient.fromConnectionString(connectionString).deleteQueue('work');

    await queue.send('work', { n: 2 });

    expect(await queue.receive('work', { max: 32, visibilitySeconds: 600 })).toMatchObject([{ body: { n: 2 } }]);
  });

  test('nobody there is STORE_UNAVAILABLE, with the setting to look at', async () => {
    // Nothing listens on port 1 of this machine.
    const connectionString = azurite.newAccount().replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:1');
    const queue = await openStorageQueue({ connectionString });

    await expect(queue.send('work', {})).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      details: { hint: expect.stringContaining('AzureWebJobsStorage') },
    });
  });
});
