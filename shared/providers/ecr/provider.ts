import { inferAwsMethod } from '../aws/access-key-fields.ts';
import { defineProvider } from '../provider.ts';
import { ecrNames, parseEcrHost } from './host.ts';

/** Amazon Elastic Container Registry, private. Its registries take HTTP Basic, with logins that live for 12 hours. */
export const ecr = defineProvider({
  id: 'ecr',
  title: 'Amazon ECR',
  aliases: ['aws', 'amazon', 'aws-ecr', 'amazon-ecr', 'elastic-container-registry'],
  recognises: (host) => parseEcrHost(host) !== undefined,
  trustsRealm: () => false,
  dockerConfigKeys: ({ host }) => ecrNames(host),
  proof: ['ping'],
  defaultMethod: 'access-key',
  inferMethod: inferAwsMethod,
});
