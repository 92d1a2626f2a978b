import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { AWS_REGION, type SecretsManagerHosts } from '../../peers/secrets-manager-hosts.ts';
import type { Stage, StoredSecret } from '../stage.ts';

/** Nobody looks at it, as long as moto has no users. */
const KEY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'a-secret-key-of-regcred' };

/** moto, emptied. */
export async function openSecretsManagerPart({ moto }: SecretsManagerHosts): Promise<Pick<Stage, 'environment' | 'secrets'>> {
  await moto.reset();
  const aws = new SecretsManager({ region: AWS_REGION, endpoint: moto.url, credentials: KEY });
  return {
    environment: {
      REGCRED_AWS_REGION: AWS_REGION,
      AWS_ACCESS_KEY_ID: KEY.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
    },
    secrets: async () => {
      const secrets: StoredSecret[] = [];
      let token: string | undefined;
      do {
        const page = await aws.listSecrets({ IncludePlannedDeletion: true, ...(token && { NextToken: token }) });
        const names = (page.SecretList ?? []).flatMap(({ Name }) => Name ?? []);
        secrets.push(...(await Promise.all(names.map((name) => readSecret(aws, name)))));
        token = page.NextToken;
      } while (token);
      return secrets;
    },
  };
}

/** A version that is in use has a label of its own. */
async function readSecret(aws: SecretsManager, name: string): Promise<StoredSecret> {
  const { VersionIdsToStages: labels = {}, DeletedDate: deletedAt } = await aws.describeSecret({ SecretId: name });
  const versionsInUse = Object.keys(labels).filter((version) => labels[version]?.includes(`regcred-${version}`));
  return { store: 'secrets-manager', name, versionsInUse, isRemoved: deletedAt !== undefined, endsByItself: true };
}
