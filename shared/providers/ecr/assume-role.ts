import { z } from 'zod';
import { partitionOfRegion } from '../../lib/aws-partition.ts';
import { parseRegistryAddress } from '../../oci/address.ts';
import { assumedRoleKey, identifyRole, type Role } from '../aws/assumed-role.ts';
import { roleArn, rolePartitionMistakes, roleUpstreams } from '../aws/role-arn-field.ts';
import { defineMethod, type MethodContext } from '../provider.ts';
import { ecrUrl } from './ecr-url.ts';
import { ECR_PRIVILEGES, ecrLogin, ecrSts } from './registry-login.ts';

const settingsSchema = () => z.strictObject({ url: ecrUrl(), roleArn: roleArn() });

/**
 * A role of AWS that trusts regcred for this project: nothing is stored, and logins end when the trust does.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
 */
export const ecrAssumeRole = defineMethod({
  provider: 'ecr',
  method: 'assume-role',
  title: 'Role of AWS',
  description: 'A role that trusts this service. Nothing secret is stored; logins are made by the role, each for 12 hours.',
  settings: settingsSchema,
  material: () => z.strictObject({}),
  registry: ({ url }) => parseRegistryAddress(url),
  upstreams: roleUpstreams,
  contradictions: (settings) =>
    rolePartitionMistakes(settings, partitionOfRegion(ecrSts({ registry: parseRegistryAddress(settings.url) }).region).name),
  identify: async (context) => identifyRole(context, roleOf(context), ecrSts(context).account),
  login: async (context) => ecrLogin(context, await assumedRoleKey(context, roleOf(context))),
  privileges: ECR_PRIVILEGES,
  mints: true,
  narrowing: false,
});

function roleOf(context: MethodContext<z.output<ReturnType<typeof settingsSchema>>>): Role {
  return { ...ecrSts(context), roleArn: context.settings.roleArn };
}
