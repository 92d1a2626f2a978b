import { createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { Secret } from '../lib/secret.ts';
import type { FieldMeta, Mistake } from './fields.ts';
import { findForeignToken, tokenKind } from './token-shapes.ts';

/** Bits: RS256 takes no shorter keys (RFC 7518, section 3.3). */
const LEAST_BITS = 2048;

/** The frame may have lost its spaces, and the body its line breaks. */
const PEM = /-----BEGIN\s*(?:RSA\s*)?PRIVATE\s*KEY-----(.+)-----END\s*(?:RSA\s*)?PRIVATE\s*KEY-----/s;
const OTHER_PEM = /-----BEGIN\s*([A-Z0-9 ]{1,30})-----/;

/**
 * An RSA private key in PEM, as people paste it: with `\n` written out, in quotes, in base64, or with its white space gone.
 * What comes out is PKCS #8.
 */
export function privateKeyField(meta: Omit<FieldMeta, 'writeOnly' | 'group' | 'format' | 'example'>) {
  return z
    .string()
    .min(1)
    .max(32_000)
    .meta({ ...meta, group: 'details', writeOnly: true, format: 'private-key' } satisfies FieldMeta)
    .transform((text, context) => {
      const key = readKey(text);
      if (typeof key === 'string') return new Secret(key);
      context.addIssue({ code: 'custom', message: key.message, params: { ...key } });
      return z.NEVER;
    });
}

/** The key, or why it is none. */
function readKey(pasted: string): string | Mistake {
  const text = asText(pasted);
  // It has a key in it, but one of another product.
  if (tokenKind(text) === 'google-key-file') return findForeignToken(text) ?? NO_KEY;
  const [, body] = PEM.exec(text) ?? [];
  if (body === undefined) return otherThanKey(text);
  const key = parseDer(body);
  if (!key) return broken('NOT_A_KEY', 'has the frame of a private key, but what is in it is damaged');
  if (key.asymmetricKeyType !== 'rsa') return broken('NOT_RSA', 'is a private key, but no RSA key');
  const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < LEAST_BITS) return broken('SHORT_KEY', `is shorter than ${LEAST_BITS} bits`);
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Takes off what wraps a PEM: quotes, escapes, base64. */
function asText(pasted: string): string {
  const text = pasted
    .trim()
    .replaceAll(/^["'`]|["'`]$/g, '')
    .replaceAll(String.raw`\n`, '\n')
    .replaceAll(String.raw`\r`, '');
  const bare = text.replaceAll(/\s/g, '');
  return /^[A-Za-z0-9+/]+=*$/.test(bare) ? Buffer.from(bare, 'base64').toString('latin1') : text;
}

/** Both frames are tried by content, for a frame that was copied by hand may be the other one. */
function parseDer(body: string): KeyObject | undefined {
  const key = Buffer.from(body.replaceAll(/\s/g, ''), 'base64');
  for (const type of ['pkcs1', 'pkcs8'] as const) {
    try {
      return createPrivateKey({ key, format: 'der', type });
    } catch {
      // Not of this type. The error tells nothing that a person could use.
    }
  }
  return undefined;
}

function otherThanKey(text: string): Mistake {
  const [, title = ''] = OTHER_PEM.exec(text) ?? [];
  if (title.startsWith('ENCRYPTED')) return broken('ENCRYPTED_KEY', 'is a private key that is locked by a password');
  if (title.includes('PRIVATE')) return broken('NOT_A_KEY', 'is the beginning of a private key, or one of another kind');
  if (title) return broken('NOT_A_PRIVATE_KEY', 'is a PEM, but no private key');
  return findForeignToken(text) ?? NO_KEY;
}

function broken(code: string, message: string): Mistake {
  return { code, message, hint: 'Paste the whole file, from -----BEGIN to the last -----; it must be an RSA private key.' };
}

const NO_KEY = broken('NOT_A_KEY', 'is no private key in PEM');
