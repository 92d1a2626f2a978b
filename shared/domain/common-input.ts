import { z } from 'zod';
import { parseAuthorities } from '../net/authorities.ts';
import { PURPOSES } from './policy.ts';
import { RECORD_LIMITS } from './ports.ts';

const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/u;
const NOT_PRINTABLE = {
  message: 'has a character that cannot be seen',
  params: { code: 'NOT_PRINTABLE', hint: 'Type it by hand instead of pasting it.' },
};

const printable = (most: number) =>
  z
    .string()
    .trim()
    .min(1, { message: 'must have at least one visible character' })
    .refine((text) => !INVISIBLE.test(text), NOT_PRINTABLE)
    .refine((text) => Array.from(text).length <= most, {
      message: `must be at most ${most} characters`,
      params: { code: 'TOO_LARGE' },
    });

const LABEL_KEY = /^[a-zA-Z0-9](?:[a-zA-Z0-9._/-]{0,61}[a-zA-Z0-9])?$/;
const LabelKey = z.string().regex(LABEL_KEY, { message: 'a label key is 1 to 63 letters, digits and . _ / -' });
const LabelValue = z
  .string()
  .max(256)
  .refine((text) => !INVISIBLE.test(text), NOT_PRINTABLE);

/** What the field of a record takes, with the quotes around it: line breaks count twice in its JSON. */
const LONGEST_PEM = RECORD_LIMITS.fieldBytes / 2 - 2;

/** PEM of one or more certificates of authorities. */
const CertificateAuthority = z
  .string()
  .trim()
  .refine((text) => JSON.stringify(text).length - 2 <= LONGEST_PEM, {
    message: 'is too long',
    params: { code: 'TOO_LARGE', hint: 'Give the certificate of one authority alone, without text around it.' },
  })
  .transform((text, context) => {
    const problem = certificateProblem(text);
    if (!problem) return text;
    context.addIssue({
      code: 'custom',
      message: problem,
      params: {
        code: 'NOT_A_CA',
        hint: "Paste the PEM of the authority that signed the registry's certificate, from -----BEGIN CERTIFICATE----- on.",
      },
    });
    return z.NEVER;
  });

/** The fields that every credential has, beside those of its method. */
export const CommonInput = z.strictObject({
  name: printable(80).meta({ description: 'What people call it; unique in the project.' }),
  description: printable(500).optional(),
  purpose: z
    .enum(PURPOSES)
    .default('pull')
    .meta({ description: '`admin` credentials are used by regcred and never handed out.' }),
  environments: z.array(z.string().max(63)).max(20).default([]).meta({ description: 'Empty: all that the project has.' }),
  labels: z
    .record(LabelKey, LabelValue)
    .refine((labels) => Object.keys(labels).length <= 32, { message: 'must be at most 32 labels', params: { code: 'TOO_LARGE' } })
    .default({}),
  tls: z
    .enum(['verify', 'custom-ca', 'skip-verify', 'plain-http'])
    .optional()
    .meta({ description: 'Default: verify; custom-ca with `ca`; plain-http with an http:// address.' }),
  ca: CertificateAuthority.optional().meta({ description: 'PEM of the authority that signed the certificate of the registry.' }),
  tokenRealm: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .refine((text) => isPlainUrl(text), {
      message: 'has a user name, a query or a fragment',
      params: { hint: 'Give the address alone, such as https://auth.example.com/token.' },
    })
    .optional()
    .meta({ description: 'A token service elsewhere that may get the login.' }),
  enabled: z.boolean().default(true),
  default: z
    .boolean()
    .default(false)
    .meta({ description: 'Make it the default for its host, environments and purpose; whichever was, no longer is.' }),
  rotationPolicy: z
    .strictObject({
      everyDays: z.int().min(1).max(3650),
      graceHours: z.int().min(0).max(720).default(24),
      issuer: z.string().min(1).max(100).default('self'),
    })
    .optional(),
  expiresAt: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text).toISOString())
    .optional()
    .meta({ description: 'When the login ends, if you know it and the provider cannot tell.' }),
});
export type CommonInput = z.output<typeof CommonInput>;

function isPlainUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && [url.username, url.password, url.search, url.hash].every((part) => part === '');
}

/** Why `text` is not the PEM of authorities; undefined if it is. */
function certificateProblem(text: string): string | undefined {
  try {
    parseAuthorities(text);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
