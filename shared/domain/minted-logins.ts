import { LRUCache } from 'lru-cache';
import { MINUTE, type Clock } from '../lib/clock.ts';
import { log } from '../lib/log.ts';
import type { Login } from '../oci/login.ts';

/** A login with less than this left is not handed out: whoever gets it must have time to use it. */
const LAST_MINUTES = 5 * MINUTE;

/** Logins that one instance keeps. */
const MOST = 10_000;

interface Kept {
  login: Login;
  /** Milliseconds: half of its real life has passed. */
  staleAt: number;
  /** Milliseconds: its last minutes begin. */
  endsAt: number;
}

/**
 * Minted logins, in memory: each is handed out until half of its life has passed, and however many ask at once, the
 * provider is asked once. One that is past its half is still good while the provider is down.
 */
export class MintedLogins {
  readonly #kept = new LRUCache<string, Kept>({ max: MOST });
  readonly #minting = new Map<string, Promise<Login>>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The login kept under `key`, which names all that it depends on, or a new one. `fresh` asks for a new one whatever is
   * kept. Throws what `mint` throws, unless a kept one still serves.
   */
  async get(key: string, mint: () => Promise<Login>, { fresh = false } = {}): Promise<Login> {
    const kept = this.#kept.get(key);
    const now = this.#clock.now().getTime();
    if (kept && !fresh && now < kept.staleAt) return kept.login;
    try {
      return await this.#mintOnce(key, mint);
    } catch (error) {
      if (!kept || fresh || now >= kept.endsAt) throw error;
      log('warn', 'mint.failed', { error, keptUntil: new Date(kept.endsAt).toISOString() });
      return kept.login;
    }
  }

  /** One flight at a time: who comes while it is under way waits for it. */
  #mintOnce(key: string, mint: () => Promise<Login>): Promise<Login> {
    const running = this.#minting.get(key);
    if (running) return running;
    const flight = mint()
      .then((login) => this.#keep(key, login))
      .finally(() => this.#minting.delete(key));
    this.#minting.set(key, flight);
    return flight;
  }

  /** One whose end is not known is not kept. */
  #keep(key: string, login: Login): Login {
    if (!login.expiresAt) return login;
    const now = this.#clock.now().getTime();
    const life = login.expiresAt.getTime() - now;
    this.#kept.set(key, { login, staleAt: now + Math.min(life / 2, life - LAST_MINUTES), endsAt: now + life - LAST_MINUTES });
    return login;
  }
}
