import { z } from 'zod';
import { plainForm } from '../plain-form.ts';
import type { FieldMeta, Mistake } from '../fields.ts';
import type { InferredMethod } from '../provider.ts';
import { addMistake, secretField } from '../fields.ts';
import { findForeignToken, findPasteMistake } from '../token-shapes.ts';

/** `AKIA`: long-lived. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
const ACCESS_KEY_ID = /^AKIA[A-Z0-9]{12,124}$/;

/** 40 characters today; AWS promises no length. */
const SECRET_ACCESS_KEY = /^[A-Za-z0-9/+=]{32,128}$/;

const SECRET_HINT = 'It has 40 letters, digits, / and +. Paste all of it, and nothing around it.';

export const accessKeyId = () =>
  z
    .string()
    .trim()
    .max(128)
    .superRefine((text, context) => addMistake(context, keyIdMistake(text)))
    .meta({
      label: 'Access key id',
      group: 'details',
      order: 20,
      example: 'AKIAIOSFODNN7EXAMPLE',
      description: 'Where its user may call iam:ListAccessKeys on itself, the age of the key is known.',
      obtain: 'AWS console > IAM > Users > the user > Security credentials > Access keys.',
      binding: true,
    } satisfies FieldMeta);

export const secretAccessKey = () =>
  secretField(
    {
      label: 'Secret access key',
      order: 30,
      example: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      obtain: 'Shown once, when the access key is made.',
    },
    256,
    (text) =>
      findForeignToken(text) ??
      findPasteMistake(text) ??
      (SECRET_ACCESS_KEY.test(text)
        ? undefined
        : { code: 'SECRET_ACCESS_KEY', message: 'is not a secret access key', hint: SECRET_HINT }),
  );

/** A form with a role means that; one of user name and password means the two halves of an access key. */
export function inferAwsMethod(fields: Record<string, unknown>): InferredMethod {
  if ('roleArn' in fields) return { method: 'assume-role' };
  return plainForm('access-key', fields, { username: 'accessKeyId', password: 'secretAccessKey' });
}

function keyIdMistake(text: string): Mistake | undefined {
  if (ACCESS_KEY_ID.test(text)) return undefined;
  const code = 'ACCESS_KEY_ID';
  if (/^ASIA[A-Z0-9]{12,}$/.test(text)) {
    return {
      code: 'TEMPORARY_KEY',
      message: 'is the id of a temporary key, which ends within hours',
      hint: 'Give a key of an IAM user, whose id begins with AKIA.',
    };
  }
  if (text === 'AWS') {
    return {
      code: 'MINTED_LOGIN',
      message: 'is the user name of a login that ends within 12 hours',
      hint: 'Give the access key that such logins are made from: regcred makes them anew.',
    };
  }
  if (text.startsWith('arn:')) return { code, message: 'is an ARN', hint: 'Give the id of one of its access keys.' };
  const mistake = findPasteMistake(text) ?? findForeignToken(text, ['aws-access-key-id']);
  if (mistake) return mistake;
  if (SECRET_ACCESS_KEY.test(text) && /[a-z/+]/.test(text)) {
    return { code: 'SECRET_IN_ID', message: 'looks like the secret of a key', hint: 'Give the id, which begins with AKIA.' };
  }
  return {
    code,
    message: 'is not the id of an access key',
    hint: 'It begins with AKIA and has 20 capital letters and digits.',
  };
}
