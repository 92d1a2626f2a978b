import { createLocalJWKSet, errors, type JWSHeaderParameters, type FlattenedJWSInput, type CryptoKey } from 'jose';
import { z } from 'zod';
import type { Issuer } from '../domain/policy.ts';
import type { Clock } from '../lib/clock.ts';
import { DAY, MINUTE, SECOND } from '../lib/clock.ts';
import { AppError } from '../lib/errors.ts';
import { log } from '../lib/log.ts';

/** Fetches JSON through the operator's door. */
export type GetJson = (url: string) => Promise<unknown>;

/** Keys are read again after this, and at once for an unknown key id. */
const FRESH = 10 * MINUTE;

/** How long the last good keys serve while their issuer is down. */
const USABLE = DAY;

/** An unknown key id, which anybody can send, costs at most one request in this time. */
const PAUSE = 30 * SECOND;

const Discovery = z.object({ jwks_uri: z.url({ protocol: /^https?$/ }) });
const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

type ResolveKey = ReturnType<typeof createLocalJWKSet>;

interface Loaded {
  resolve: ResolveKey;
  at: number;
}

/** The keys of the policy's issuers. `key` throws ISSUER_UNAVAILABLE when they cannot be had, and jose's errors for a key that is not there. */
export class KeySets {
  readonly #sets = new Map<string, IssuerKeys>();
  readonly #getJson: GetJson;
  readonly #clock: Clock;

  constructor(getJson: GetJson, clock: Clock) {
    this.#getJson = getJson;
    this.#clock = clock;
  }

  of(issuer: Issuer): IssuerKeys {
    const known = this.#sets.get(issuer.issuer);
    if (known) return known;
    const made = new IssuerKeys(issuer, this.#getJson, this.#clock);
    this.#sets.set(issuer.issuer, made);
    return made;
  }
}

class IssuerKeys {
  readonly #issuer: Issuer;
  readonly #getJson: GetJson;
  readonly #clock: Clock;
  #loaded: Loaded | undefined;
  #loading: Promise<Loaded> | undefined;
  #triedAt = -Infinity;
  /** Why the last try failed; undefined if it did not. */
  #failure: AppError | undefined;

  constructor(issuer: Issuer, getJson: GetJson, clock: Clock) {
    this.#issuer = issuer;
    this.#getJson = getJson;
    this.#clock = clock;
    if (typeof issuer.jwks === 'object') this.#loaded = { resolve: createLocalJWKSet(issuer.jwks), at: Infinity };
  }

  async key(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const loaded = await this.#current();
    try {
      return await loaded.resolve(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // While the issuer is down nobody can tell an unknown key from a new one.
      if (!this.#mayTry()) throw this.#failure ?? error;
    }
    return (await this.#load()).resolve(header, token);
  }

  /** Fresh keys, or the last good ones while the issuer is down. */
  async #current(): Promise<Loaded> {
    const now = this.#clock.now().getTime();
    const known = this.#loaded;
    if (known && now - known.at < FRESH) return known;
    if (known && now - known.at < USABLE && !this.#mayTry()) return known;
    try {
      return await this.#load();
    } catch (error) {
      if (!known || now - known.at >= USABLE) throw error;
      log('warn', 'issuer.unavailable', { issuer: this.#issuer.issuer, error });
      return known;
    }
  }

  #mayTry(): boolean {
    return this.#loaded?.at !== Infinity && this.#clock.now().getTime() - this.#triedAt >= PAUSE;
  }

  /** One request at a time, however many callers wait. */
  #load(): Promise<Loaded> {
    this.#loading ??= this.#fetch().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  async #fetch(): Promise<Loaded> {
    this.#triedAt = this.#clock.now().getTime();
    try {
      const { jwks, issuer } = this.#issuer;
      const url =
        typeof jwks === 'string'
          ? jwks
          : Discovery.parse(await this.#getJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)).jwks_uri;
      const keys = KeySet.parse(await this.#getJson(url));
      this.#failure = undefined;
      this.#loaded = { resolve: createLocalJWKSet(keys), at: this.#clock.now().getTime() };
      return this.#loaded;
    } catch (cause) {
      this.#failure = new AppError('ISSUER_UNAVAILABLE', `The keys of the issuer ${this.#issuer.issuer} cannot be had now.`, {
        hint: 'Try again; if it lasts, the operator should check the issuer and the policy.',
        retryAfterSeconds: 30,
        cause,
      });
      throw this.#failure;
    }
  }
}
