import type { HttpRequest } from '@azure/functions';
import { decodeJwt, errors, jwtVerify, type JWTPayload } from 'jose';
import type { Caller } from '../domain/caller.ts';
import type { Issuer, Policy, Rule } from '../domain/policy.ts';
import type { Clock } from '../lib/clock.ts';
import { AppError } from '../lib/errors.ts';
import type { KeySets } from './key-sets.ts';

/** Asymmetric only: with a shared key whoever can verify could also sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];

/** How far an issuer's clock may be off. */
const SKEW_SECONDS = 60;

/** Longer tokens are nobody's. */
const LONGEST_TOKEN = 16 * 1024;

export interface Authentication {
  policy: Policy;
  keySets: KeySets;
  clock: Clock;
}

/**
 * Who calls, by the bearer token alone: no other header says anything about that. Throws UNAUTHENTICATED, or
 * ISSUER_UNAVAILABLE when the issuer's keys cannot be had.
 */
export async function authenticate(request: HttpRequest, { policy, keySets, clock }: Authentication): Promise<Caller> {
  const token = bearerToken(request.headers.get('authorization'));
  const issuer = issuerOf(token, policy);
  const claims = await verify(token, issuer, keySets, clock);
  // Not what its type says: nothing has checked that it is a text.
  const sub: unknown = claims.sub;
  if (typeof sub !== 'string' || sub === '') throw unauthenticated('The token names no subject.');
  return {
    issuer: issuer.issuer,
    subject: sub,
    rules: policy.rules.filter((rule) => rule.issuer === issuer.issuer && matches(rule, claims)),
  };
}

function bearerToken(header: string | null): string {
  const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header?.trim() ?? '')?.[1];
  if (token === undefined || token.length > LONGEST_TOKEN) throw unauthenticated('The request has no bearer token.');
  return token;
}

/** Unverified, and used only to choose whose keys to verify with. */
function issuerOf(token: string, { issuers }: Policy): Issuer {
  const claims = readClaims(token);
  const issuer = issuers.find(({ issuer }) => issuer === claims.iss);
  if (!issuer) throw unauthenticated('The token is from an issuer that the policy does not name.');
  return issuer;
}

function readClaims(token: string): JWTPayload {
  try {
    return decodeJwt(token);
  } catch {
    throw unauthenticated('The token is not a JWT.');
  }
}

async function verify(token: string, declared: Issuer, keySets: KeySets, clock: Clock): Promise<JWTPayload> {
  const { issuer, audience } = declared;
  const keys = keySets.of(declared);
  try {
    const { payload } = await jwtVerify(token, (header, input) => keys.key(header, input), {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      clockTolerance: SKEW_SECONDS,
      currentDate: clock.now(),
      requiredClaims: ['exp', 'sub'],
    });
    return payload;
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (error instanceof errors.JOSEError) throw unauthenticated(explain(error));
    throw new AppError('ISSUER_UNAVAILABLE', `The key that the issuer ${issuer} publishes cannot be used.`, {
      hint: 'The operator should look at the key set of the issuer: it may be too short or damaged.',
      cause: error,
    });
  }
}

function explain(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed) return `The claim ${error.claim} of the token does not fit.`;
  if (error instanceof errors.JWKSNoMatchingKey) return 'The token was signed with a key that its issuer does not publish.';
  return 'The token does not verify.';
}

function unauthenticated(detail: string): AppError {
  return new AppError('UNAUTHENTICATED', detail, {
    hint: 'Send the header authorization: Bearer TOKEN, with a token of an issuer in the policy for the audience given there.',
    headers: { 'www-authenticate': 'Bearer realm="regcred"' },
  });
}

/** Every claim that the rule names must fit; of a list of values one must. */
function matches({ match }: Rule, claims: JWTPayload): boolean {
  return Object.entries(match).every(([name, glob]) => {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
    const values: unknown[] = Array.isArray(value) ? value : [value];
    const pattern = globPattern(glob);
    return values.some((item) => isScalar(item) && pattern.test(String(item)));
  });
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

const patterns = new Map<string, RegExp>();

/** `*` stays within one segment: `repo:org/*` must not match `repo:org/app:ref:...`. The policy's globs are few and stay compiled. */
function globPattern(glob: string): RegExp {
  const known = patterns.get(glob);
  if (known) return known;
  const pattern = new RegExp(`^${glob.replaceAll(/[\\^$.+?()[\]{}|]/g, String.raw`\$&`).replaceAll(/\*+/g, '[^/:]*')}$`, 'u');
  patterns.set(glob, pattern);
  return pattern;
}
