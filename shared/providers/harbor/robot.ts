import { z } from 'zod';
import { parseRegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import type { Warning } from '../../oci/stages.ts';
import { expiryWarnings } from '../expiry.ts';
import { secretField, usernameField } from '../fields.ts';
import { defineMethod } from '../provider.ts';
import type { Identity } from '../provider.ts';
import { registryUrl } from '../registry-url.ts';
import { findForeignToken, findPasteMistake } from '../token-shapes.ts';
import { readRobot } from './robot-record.ts';

const EXPIRY_UNKNOWN: Warning = {
  code: 'EXPIRY_UNKNOWN',
  detail: 'Harbor does not tell this robot when it ends: for that, a robot needs the right to list robots.',
  hint: 'If it has an end, give that as expiresAt.',
};

const ALL_PROJECTS: Warning = {
  code: 'ALL_PROJECTS',
  detail: 'The robot has rights in every project.',
  hint: 'Create a robot of the project that it is for.',
};

/**
 * A robot account of a project, or of the whole Harbor.
 *
 * https://goharbor.io/docs/main/working-with-projects/project-configuration/create-robot-accounts/
 */
export const harborRobot = defineMethod({
  provider: 'harbor',
  method: 'robot',
  title: 'Robot account',
  description: 'A robot of a project, or a system robot, with the rights that it was given.',
  settings: () =>
    z.strictObject({
      url: registryUrl({ example: 'harbor.example.com/team' }),
      robot: usernameField({
        label: 'Robot',
        order: 20,
        description: 'The whole name, with its prefix and, of a robot of a project, the project before the +.',
        example: 'robot$team+ci',
        obtain: 'The project > Robot Accounts, or Administration > Robot Accounts.',
      }).superRefine((name, context) => {
        if (name !== 'robot' && name !== 'robot$') return;
        context.addIssue({
          code: 'custom',
          message: 'is only the prefix of a name',
          params: {
            code: 'WRONG_SHAPE',
            hint: 'Give the whole name. A shell drops what follows a $: put the name in single quotes there.',
          },
        });
      }),
    }),
  material: () =>
    z.strictObject({
      secret: secretField(
        {
          label: 'Robot secret',
          order: 30,
          example: 'Example0Example0Example0Example0',
          obtain: 'Shown once when the robot is created or its secret is refreshed.',
        },
        8192,
        (text) => findForeignToken(text) ?? findPasteMistake(text),
      ),
    }),
  registry: ({ url }) => parseRegistryAddress(url),
  username: ({ robot }) => robot,
  login: async ({ settings, material }) => asItIs(settings.robot, material.secret),
  async identify({ settings, material, ...context }): Promise<Identity> {
    const record = await readRobot(context, asItIs(settings.robot, material.secret));
    if (!record) return { provesNothing: true, warnings: [EXPIRY_UNKNOWN] };
    const { id, expiresAt, isForAllProjects } = record;
    const end = expiresAt === 'never' ? undefined : expiresAt;
    return {
      upstreamId: id,
      ...(end && { expiresAt: end }),
      warnings: [
        ...(expiresAt ? expiryWarnings(end, context.clock) : [EXPIRY_UNKNOWN]),
        ...(isForAllProjects ? [ALL_PROJECTS] : []),
      ],
    };
  },
  refusedHint:
    'Check name and secret. Harbor says the same of a robot that is disabled or has expired, and refreshing a secret ends the old one.',
  privileges: {
    pull: 'A robot of the project with the permission "Pull Repository".',
    push: 'A robot of the project with the permissions "Push Repository" and "Pull Repository".',
  },
  mints: false,
  narrowing: false,
});
