import { decodeJwt } from 'jose/jwt/decode';
import { z } from 'zod';
import type { Secret } from '../../lib/secret.ts';

/** What a token says of itself, as far as it can be read; none of it is secret. */
const TokenClaims = z.object({
  iss: z.string().optional().catch(undefined),
  sub: z.string().optional().catch(undefined),
  /** The tenant that it comes from. */
  tid: z.string().optional().catch(undefined),
  /** The object id of whom it is for, to which roles are given. */
  oid: z.string().optional().catch(undefined),
  /** Seconds; a Date holds no more. */
  exp: z.number().positive().max(8_640_000_000_000).optional().catch(undefined),
});
export type TokenClaims = z.output<typeof TokenClaims>;

/** Unverified, for hints: only whom the token is for can judge it. */
export function readClaims(token: Secret): TokenClaims {
  try {
    return TokenClaims.parse(decodeJwt(token.reveal()));
  } catch {
    return {};
  }
}
