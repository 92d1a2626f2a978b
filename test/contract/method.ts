import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findMethod } from '../../shared/providers/catalog.ts';
import { startHttpPeer, type HttpPeer } from '../peers/http-peer.ts';
import type { NamedHosts } from '../peers/named-hosts.ts';
import { oddities } from '../peers/oddities.ts';
import type { Oddity } from '../peers/registry.ts';
import { eventually } from './eventually.ts';
import { checkForm, type ActsAs, type Form } from './method/check-form.ts';
import { requestLine, type NeededRequest } from './method/requests.ts';

/** A product that runs, and forms for it: one that is right, and those that must be refused. */
export interface MethodUnderTest extends AsyncDisposable {
  hosts: NamedHosts;
  forms: { right: Form } & Partial<Record<Kind, Form>>;
  /** Of a method that has no secret. */
  actsAs?: ActsAs;
}

type Kind = 'wrong' | 'expired' | 'insufficient';

export interface MethodContract {
  start: () => Promise<MethodUnderTest>;
  /** The hosts without which nothing can be proven; the registry's own is the first. */
  needed: string[];
  /** Those that only know more, such as an API that tells the expiry. */
  helping?: string[];
  /**
   * Code of the stage that fails, and the verdict where the product does not say as much as the kind means. Kinds that a
   * product does not have, or does not tell before a repository is named, are left out.
   */
  refusals: { wrong: Refused } & Partial<Record<Kind, Refused>>;
  /** All that a check of the right login sends. */
  requests: NeededRequest[];
}

interface Refused {
  code: string;
  verdict?: string;
}

const USUAL: Record<Kind, string> = {
  wrong: 'invalid_credentials',
  expired: 'expired',
  insufficient: 'insufficient_permission',
};

const NOT_JSON = '{"access_token": "ey';

interface Mood {
  name: string;
  mood: () => Oddity;
  verdicts: string[];
  retryAfterSeconds?: number;
  /** Only a limit ends it. */
  isSlow?: true;
}

const DOWN = ['unreachable'];
const ODD = ['misconfigured', 'unreachable'];

/** What a host may do instead of answering, and the verdicts that it may lead to. */
const MOODS: Mood[] = [
  { name: 'asks to slow down', mood: () => oddities.throttle('7'), verdicts: ['rate_limited'], retryAfterSeconds: 7 },
  { name: 'is out of order', mood: () => oddities.status(500), verdicts: DOWN },
  { name: 'hangs up', mood: () => oddities.hangUp(), verdicts: DOWN },
  { name: 'never answers', mood: () => oddities.silence(), verdicts: DOWN, isSlow: true },
  { name: 'never ends', mood: () => oddities.drip(), verdicts: DOWN, isSlow: true },
  { name: 'answers too much', mood: () => oddities.hugeBody(1024 * 1024), verdicts: ODD },
  { name: 'answers with a web page', mood: () => oddities.html(), verdicts: ODD },
  { name: 'redirects', mood: () => oddities.redirect('https://elsewhere.example/'), verdicts: ODD },
];

/** Of APIs alone: a registry says nothing in its body. */
const UNREADABLE: Mood = { name: 'answers what is no JSON', mood: () => oddities.status(200, {}, NOT_JSON), verdicts: ODD };

/**
 * Milliseconds for one request while a host is slow. Where nothing can be proven without it, any limit leads to the same
 * verdict; where it only helps, the others must have time to answer.
 */
const LIMITS = { needed: 300, helping: 1_500 };

/**
 * What every method does: one line in a test file runs it on a further one, under its real host names. It is checked as the
 * API checks it, with limits that make a slow host slow at once.
 */
export function describeMethod(key: string, { start, needed, helping = [], refusals, requests }: MethodContract): void {
  const [provider = '', name = ''] = key.split('/');
  const [registry = ''] = needed;

  describe(`method ${key}`, () => {
    let tested: MethodUnderTest;
    let elsewhere: HttpPeer;
    beforeAll(async () => {
      tested = await start();
      elsewhere = await startHttpPeer((_request, response) => response.end());
    });
    afterAll(async () => {
      await tested[Symbol.asyncDispose]();
      await elsewhere[Symbol.asyncDispose]();
    });

    const network = () => {
      const { connectTo, ca } = tested.hosts.network;
      return { ca, connectTo: { ...connectTo, 'elsewhere.example:443': elsewhere.host } };
    };
    const check = async (form: Form, options: { signal?: AbortSignal; requestLimit?: number } = {}) => {
      const { actsAs } = tested;
      const result = await checkForm({ provider, method: name, ...form }, network(), { ...options, ...(actsAs && { actsAs }) });
      const shown = JSON.stringify(result);
      for (const secret of secretsOf(key, form)) expect(shown).not.toContain(secret);
      expect(elsewhere.connectionCount()).toBe(0);
      return result;
    };
    const checkIn = async (host: string, mood: Oddity, requestLimit?: number) => {
      tested.hosts.moods.set(host, mood);
      try {
        return await check(tested.forms.right, requestLimit === undefined ? {} : { requestLimit });
      } finally {
        tested.hosts.moods.delete(host);
      }
    };

    test('accepts a login that is right', async ({ task }) => {
      const result = await check(tested.forms.right);

      task.meta.verdict = { method: key, given: 'right', verdict: result.verdict };
      expect(result.stages.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
      expect(result.verdict).toBe('valid');
    });

    test('asks no more than its product needs to know', async ({ task }) => {
      const before = tested.hosts.requests.length;

      await check(tested.forms.right);

      const sent = tested.hosts.requests.slice(before).map(requestLine);
      task.meta.requests = { method: key, sent: sent.length, least: requests.length };
      expect(sent.toSorted()).toEqual(requests.map(([request]) => request).toSorted());
    });

    const refused = Object.entries(refusals).map(([kind, expected]) => ({ kind: kind as Kind, ...expected }));
    test.for(refused)('refuses a login that is $kind: $code', async ({ kind, code, verdict }, { task }) => {
      const result = await check({ ...tested.forms[kind] });

      task.meta.verdict = { method: key, given: kind, verdict: result.verdict };
      const failed = result.stages.find(({ outcome }) => outcome === 'failed');
      expect({ verdict: result.verdict, code: failed?.code }).toEqual({ verdict: verdict ?? USUAL[kind], code });
      expect(failed?.hint).toMatch(/\w/);
    });

    test.for(needed.flatMap((host) => MOODS.map((mood) => ({ host, ...mood }))))(
      'says no to no login while $host $name',
      async ({ host, mood, verdicts, retryAfterSeconds, isSlow }, { task }) => {
        const result = await checkIn(host, mood(), isSlow && LIMITS.needed);

        if (verdicts === DOWN) task.meta.verdict = { method: key, given: 'down', verdict: result.verdict };
        expect(verdicts).toContain(result.verdict);
        expect(result.stages).toContainEqual(expect.objectContaining({ outcome: 'failed', hint: expect.stringMatching(/\w/) }));
        expect(result.retryAfterSeconds).toBe(retryAfterSeconds);
      },
    );

    test.for(helping.flatMap((host) => [...MOODS, UNREADABLE].map((mood) => ({ host, ...mood }))))(
      'accepts a login that is right also while $host $name',
      async ({ host, mood, isSlow }) => {
        expect(await checkIn(host, mood(), isSlow && LIMITS.helping)).toMatchObject({ verdict: 'valid' });
      },
    );

    test('sends nothing to a token service that the registry made up', async () => {
      const before = tested.hosts.requests.length;
      const challenge = oddities.challenge('Bearer realm="https://elsewhere.example/token",service="registry"');

      const result = await checkIn(registry, challenge);

      expect(result.verdict).toBe('blocked_by_policy');
      expect(result.stages).toContainEqual(expect.objectContaining({ stage: 'realm', code: 'REALM_NOT_TRUSTED' }));
      const sent = tested.hosts.requests.slice(before);
      expect(sent.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
    });

    test('ends at once when it is given up half-way, and leaves no connection open', async () => {
      const controller = new AbortController();
      const before = tested.hosts.requests.length;
      tested.hosts.moods.set(registry, oddities.silence());

      const checking = check(tested.forms.right, { signal: controller.signal });
      await eventually(async () => tested.hosts.requests.length > before || undefined);
      controller.abort();

      expect((await checking).verdict).toBe('unreachable');
      tested.hosts.moods.delete(registry);
      await eventually(async () => (await tested.hosts.openConnections()) === 0 || undefined);
    });
  });
}

/** What the form has in secret fields. */
function secretsOf(key: string, form: Form): string[] {
  const [provider = '', name = ''] = key.split('/');
  const fields = Object.keys(findMethod(provider, name)?.material.shape ?? {});
  return fields.map((field) => form[field]).filter((value) => typeof value === 'string');
}
