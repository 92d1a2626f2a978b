import { z } from 'zod';
import { partitionOfRegion } from '../../lib/aws-partition.ts';
import { parseRegistryAddress } from '../../oci/address.ts';
import { assumedRoleKey, identifyRole, type Role } from '../aws/assumed-role.ts';
import { roleArn, rolePartitionMistakes, roleUpstreams } from '../aws/role-arn-field.ts';
import { defineMethod, type MethodContext } from '../provider.ts';
import { ECR_PUBLIC_PRIVILEGES, ecrPublicLogin, ecrPublicUrl, PUBLIC_STS } from './public-login.ts';

const settingsSchema = () => z.strictObject({ url: ecrPublicUrl(), roleArn: roleArn() });

/** A role of AWS that trusts regcred for this project, and pushes to ECR Public, or pulls more often than anybody may. */
export const ecrPublicAssumeRole = defineMethod({
  provider: 'ecr-public',
  method: 'assume-role',
  title: 'Role of AWS',
  description: 'A role that trusts this service. Nothing secret is stored; logins are made by the role, each for 12 hours.',
  settings: settingsSchema,
  material: () => z.strictObject({}),
  registry: ({ url }) => parseRegistryAddress(url),
  upstreams: roleUpstreams,
  contradictions: (settings) => rolePartitionMistakes(settings, partitionOfRegion(PUBLIC_STS.region).name),
  identify: (context) => identifyRole(context, roleOf(context)),
  login: async (context) => ecrPublicLogin(context, await assumedRoleKey(context, roleOf(context))),
  privileges: ECR_PUBLIC_PRIVILEGES,
  mints: true,
  narrowing: false,
});

function roleOf({ settings }: MethodContext<z.output<ReturnType<typeof settingsSchema>>>): Role {
  return { ...PUBLIC_STS, roleArn: settings.roleArn };
}
