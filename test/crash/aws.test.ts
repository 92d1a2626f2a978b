import { afterAll, beforeAll, describe } from 'vitest';
import { startAzurite, type Azurite } from '../peers/azurite.ts';
import { needs } from '../peers/need.ts';
import { startSecretsManager, type SecretsManagerHosts } from '../peers/secrets-manager-hosts.ts';
import { describeCrashes } from './describe-crashes.ts';
import { openAwsStage } from './stages/aws.ts';

describe('with Azure Storage and Secrets Manager', needs('azurite', 'moto'), () => {
  let azurite: Azurite;
  let aws: SecretsManagerHosts;
  beforeAll(async () => {
    azurite = await startAzurite();
    aws = await startSecretsManager();
  });
  afterAll(async () => {
    await aws?.[Symbol.asyncDispose]();
    await azurite?.[Symbol.asyncDispose]();
  });

  describeCrashes(() => openAwsStage(azurite, aws), { from: 'key-vault', to: 'secrets-manager' });
});
