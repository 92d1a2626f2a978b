import { afterAll, beforeAll, describe } from 'vitest';
import { startAzurite, type Azurite } from '../peers/azurite.ts';
import { needs } from '../peers/need.ts';
import { describeCrashes } from './describe-crashes.ts';
import { openAzureStage } from './stages/azure.ts';

describe('with Azure Storage and Key Vault', needs('azurite'), () => {
  let azurite: Azurite;
  beforeAll(async () => {
    azurite = await startAzurite();
  });
  afterAll(() => azurite?.[Symbol.asyncDispose]());

  describeCrashes(() => openAzureStage(azurite), { from: 'local', to: 'key-vault' });
});
