import { z } from 'zod';
import { parseAuthorities } from '../net/authorities.ts';
import type { FieldMeta } from '../providers/fields.ts';
import { PURPOSES } from './policy.ts';
import { RECORD_LIMITS, type Json } from './ports.ts';

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

/** What a portal needs to draw a field that every form has: those about the connection stand with the method's own, after them. */
type CommonMeta = Omit<FieldMeta, 'example'> & { example?: Json };

/** Characters of a name. */
export const LONGEST_NAME = 80;

/** The fields that every credential has, beside those of its method. */
export const CommonInput = z.strictObject({
  name: printable(LONGEST_NAME).meta({
    label: 'Name',
    group: 'metadata',
    order: 10,
    description: 'What people call it; unique in the project.',
    example: 'Company registry',
  } satisfies CommonMeta),
  description: printable(500)
    .optional()
    .meta({ label: 'Description', group: 'metadata', order: 20, example: 'Pulls the images of the shop.' } satisfies CommonMeta),
  purpose: z
    .enum(PURPOSES)
    .default('pull')
    .meta({
      label: 'Purpose',
      group: 'metadata',
      order: 30,
      description: '`admin` credentials are used by regcred and never handed out.',
      example: 'pull',
    } satisfies CommonMeta),
  environments: z
    .array(z.string().max(63))
    .max(20)
    .default([])
    .meta({
      label: 'Environments',
      group: 'metadata',
      order: 40,
      description: 'Empty: all that the project has.',
      example: ['prod'],
    } satisfies CommonMeta),
  labels: z
    .record(LabelKey, LabelValue)
    .refine((labels) => Object.keys(labels).length <= 32, { message: 'must be at most 32 labels', params: { code: 'TOO_LARGE' } })
    .default({})
    .meta({ label: 'Labels', group: 'metadata', order: 50, example: { team: 'shop' } } satisfies CommonMeta),
  tls: z
    .enum(['verify', 'custom-ca', 'skip-verify', 'plain-http'])
    .optional()
    .meta({
      label: 'TLS',
      group: 'details',
      order: 110,
      description: 'Default: verify; custom-ca with `ca`; plain-http with an http:// address.',
      example: 'verify',
    } satisfies CommonMeta),
  ca: CertificateAuthority.optional().meta({
    label: 'Certificate authority',
    group: 'details',
    order: 120,
    description: 'PEM of the authority that signed the certificate of the registry.',
    revealedBy: { field: 'tls', value: 'custom-ca' },
  } satisfies CommonMeta),
  tokenRealm: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .refine((text) => isPlainUrl(text), {
      message: 'has a user name, a query or a fragment',
      params: { hint: 'Give the address alone, such as https://auth.example.com/token.' },
    })
    .optional()
    .meta({
      label: 'Token service',
      group: 'details',
      order: 130,
      description: 'A token service elsewhere that may get the login.',
      example: 'https://auth.example.com/token',
    } satisfies CommonMeta),
  enabled: z
    .boolean()
    .default(true)
    .meta({
      label: 'Enabled',
      group: 'metadata',
      order: 90,
      description: 'Switched off, nothing of it is handed out or checked.',
      example: true,
    } satisfies CommonMeta),
  default: z
    .boolean()
    .default(false)
    .meta({
      label: 'Default',
      group: 'metadata',
      order: 60,
      description: 'Make it the default for its host, environments and purpose; whichever was, no longer is.',
      example: false,
    } satisfies CommonMeta),
  rotationPolicy: z
    .strictObject({
      everyDays: z.int().min(1).max(3650),
      graceHours: z.int().min(0).max(720).default(24),
      issuer: z.string().min(1).max(100).default('self'),
    })
    .optional()
    .meta({
      label: 'Rotation',
      group: 'metadata',
      order: 80,
      description: 'After how many days the secret should be replaced.',
      example: { everyDays: 90 },
    } satisfies CommonMeta),
  expiresAt: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text).toISOString())
    .optional()
    .meta({
      label: 'Ends at',
      group: 'metadata',
      order: 70,
      description: 'When the login ends, if you know it and the provider cannot tell.',
      example: '2099-12-31T12:00:00Z',
    } satisfies CommonMeta),
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
