import { z } from 'zod';
import { isRoleArn, partitionOfArn } from '../../lib/aws-partition.ts';
import type { FieldError } from '../../lib/errors.ts';
import { addMistake, type FieldMeta, type Mistake } from '../fields.ts';
import { type Upstream } from '../provider.ts';
import { findForeignToken, findPasteMistake } from '../token-shapes.ts';

const HINT = 'It is arn:aws:iam::ACCOUNT:role/NAME, with the path before the name where the role has one.';

/** A role of AWS that trusts regcred for this project. */
export const roleArn = () =>
  z
    .string()
    .trim()
    .max(700)
    .superRefine((text, context) => addMistake(context, findMistake(text)))
    .meta({
      label: 'ARN of the role',
      group: 'details',
      order: 20,
      description:
        'The role must trust this service, for the external id of the project; GET /api/projects/{project} shows both, and the operator must have listed the role among the upstreams of the project.',
      example: 'arn:aws:iam::123456789012:role/team/pull',
      obtain: 'AWS console > IAM > Roles > the role: ARN.',
    } satisfies FieldMeta);

export function roleUpstreams({ roleArn: name }: { roleArn: string }): Upstream[] {
  return [{ pointer: '/roleArn', name }];
}

/** A role is good in its own part of AWS alone; `partition` is that of the registry. */
export function rolePartitionMistakes({ roleArn: arn }: { roleArn: string }, partition: string): FieldError[] {
  const own = partitionOfArn(arn)?.name;
  if (own === partition) return [];
  return [
    {
      pointer: '/roleArn',
      code: 'OTHER_PARTITION',
      detail: `is a role of ${own}, and the registry is in ${partition}`,
      hint: `Give a role whose ARN begins with arn:${partition}:, or another address.`,
    },
  ];
}

function findMistake(text: string): Mistake | undefined {
  if (isRoleArn(text) && partitionOfArn(text)) return undefined;
  const mistake = findPasteMistake(text) ?? findForeignToken(text);
  if (mistake) return mistake;
  const [, kind] = /^arn:[^:]*:(?:iam|sts)::[^:]*:([a-z-]+)/.exec(text) ?? [];
  const code = 'ROLE_ARN';
  if (kind === 'assumed-role') {
    return {
      code,
      message: 'is the ARN of a session of a role',
      hint: 'Give that of the role itself: arn:aws:iam::ACCOUNT:role/NAME.',
    };
  }
  if (kind === 'user' || kind === 'root' || kind === 'group') {
    return { code, message: 'is not the ARN of a role', hint: `It is that of a ${kind}. ${HINT}` };
  }
  if (kind === 'instance-profile') {
    return { code, message: 'is the ARN of an instance profile', hint: 'Give that of the role in it.' };
  }
  return { code, message: 'is not the ARN of a role', hint: HINT };
}
