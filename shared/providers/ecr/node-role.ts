import { z } from 'zod';
import { parseRegistryAddress } from '../../oci/address.ts';
import { defineMethod } from '../provider.ts';
import { ecrUrl } from './ecr-url.ts';

/**
 * Nodes that may pull by a role of their own. Nothing is stored and nothing is handed out: the entry says so to whoever
 * wonders where the login is.
 *
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ECR_on_EKS.html
 */
export const ecrNodeRole = defineMethod({
  provider: 'ecr',
  method: 'node-role',
  title: "The nodes' own role",
  description: 'Nodes in AWS log in by the role of their instance: nothing is stored here, and nothing is handed out.',
  settings: () => z.strictObject({ url: ecrUrl() }),
  material: () => z.strictObject({}),
  registry: ({ url }) => parseRegistryAddress(url),
  privileges: { pull: "The policy AmazonEC2ContainerRegistryPullOnly on the nodes' role." },
  mints: false,
  narrowing: false,
});
