import { z } from 'zod';
import { parseRegistryAddress } from '../../oci/address.ts';
import { asItIs } from '../../oci/login.ts';
import { NEVER_EXPIRES } from '../expiry.ts';
import { usernameField } from '../fields.ts';
import { defineMethod } from '../provider.ts';
import { registryUrl } from '../registry-url.ts';
import { quayTokenField } from './token-field.ts';

/** The namespace that owns it, and its short name. */
const ROBOT = /^[^\s+]+\+[^\s+]+$/;

/**
 * A robot of an organization or a user. Its token has no end, and there is no API that the robot itself may ask.
 *
 * https://docs.projectquay.io/use_quay.html#robot-accounts
 */
export const quayRobot = defineMethod({
  provider: 'quay',
  method: 'robot',
  title: 'Robot account',
  description: 'A robot of an organization, with rights on the repositories that it was given.',
  settings: () =>
    z.strictObject({
      url: registryUrl({ example: 'quay.io' }),
      robot: usernameField({
        label: 'Robot',
        order: 20,
        description: 'The whole name, with the organization before the +.',
        example: 'acme+ci',
        obtain: 'The organization > Robot Accounts.',
      }).superRefine((name, context) => {
        if (ROBOT.test(name)) return;
        context.addIssue({
          code: 'custom',
          message: 'is not the name of a robot',
          params: {
            code: 'WRONG_SHAPE',
            hint: "It has the organization before a +, such as acme+ci. In place of a person's password, give an application token, with method as application.",
          },
        });
      }),
    }),
  material: () =>
    z.strictObject({
      token: quayTokenField({
        label: 'Robot token',
        example: 'EXAMPLE0EXAMPLE0EXAMPLE0EXAMPLE0EXAMPLE0EXAMPLE0EXAMPLE0EXAMPLE0',
        obtain: 'The organization > Robot Accounts > the robot > Robot Account.',
      }),
    }),
  registry: ({ url }) => parseRegistryAddress(url),
  username: ({ robot }) => robot,
  login: async ({ settings, material }) => asItIs(settings.robot, material.token),
  warnings: () => [NEVER_EXPIRES],
  refusedHint: 'Check that the robot is still there, and that its token was not made anew since: that ends the old one at once.',
  privileges: {
    pull: 'The permission Read on the repositories that it is for.',
    push: 'The permission Write on the repositories that it is for.',
  },
  mints: false,
  narrowing: false,
});
