import { app as functionsApp, type InvocationContext } from '@azure/functions';
import { LRUCache } from 'lru-cache';
import type { z } from 'zod';
import type { App } from './domain/app.ts';
import { MintedLogins } from './domain/minted-logins.ts';
import { readSettings, type Settings } from './domain/settings.ts';
import { KeySets } from './http/key-sets.ts';
import { declareRoute, writerOf, type PrivateRoute, type PublicRoute, type Service } from './http/route.ts';
import { HOUR, MINUTE } from './lib/clock.ts';
import { runInvocation } from './lib/invocation.ts';
import { guardedNetwork } from './net/guarded.ts';
import { operatorNetwork } from './net/operator.ts';
import { networkPolicy, openPorts, type Ports } from './open-ports.ts';

/** How long a secret is kept in memory: so long can a version that was disabled in its store still be handed out. */
const MATERIAL_LIFE = 10 * MINUTE;

/** Milliseconds that a caller waits for the keys of an issuer. */
const KEYS_LIMIT = 10_000;

let running: Promise<Service & AsyncDisposable> | undefined;

/** The service of this process, opened once. Throws ConfigurationError. */
function service(): Promise<Service & AsyncDisposable> {
  running ??= start();
  return running;
}

async function start(): Promise<Service & AsyncDisposable> {
  const settings = readSettings(process.env);
  return openService(settings, await openPorts(settings));
}

/** For a program that brings parts of its own: what it gives is the service of this process. */
export function useService(made: Promise<Service & AsyncDisposable>): void {
  running = made;
}

/** Puts the parts together. */
export function openService(settings: Settings, ports: Ports): Service & AsyncDisposable {
  const policy = networkPolicy(settings);
  const operator = operatorNetwork(policy);
  const app: App = {
    settings,
    records: ports.records,
    queue: ports.queue,
    secretStore: (name) => ports.secretStore(name),
    network: guardedNetwork(policy),
    identity: ports.identity,
    clock: ports.clock,
    materials: new LRUCache({ max: 10_000, ttl: MATERIAL_LIFE }),
    handOuts: { hour: 0, counts: new Map() },
    checks: { minute: 0, counts: new Map() },
    mintedLogins: new MintedLogins(ports.clock),
    // By size rather than `max`, for which the library sets all its memory aside at the start: 6 MB, and tens of milliseconds.
    lastUses: new LRUCache({ maxSize: 100_000, sizeCalculation: () => 1, ttl: HOUR }),
  };
  const keySets = new KeySets((url) => operator.getJson(url, AbortSignal.timeout(KEYS_LIMIT)), ports.clock);
  return {
    app,
    authentication: { policy: settings.policy, keySets, clock: ports.clock },
    async [Symbol.asyncDispose]() {
      await operator[Symbol.asyncDispose]();
      await ports.close();
    },
  };
}

/** Declares an HTTP function: see `http/route.ts`. */
export function route<Query extends z.ZodType, Body extends z.ZodType>(
  declaration: PrivateRoute<Query, Body> | PublicRoute<Query, Body>,
): void {
  declareRoute(declaration, service);
}

/** The handler of a function that a clock or a queue starts. What it throws, the platform handles as its trigger says. */
export function handler<Trigger>(run: (app: App, trigger: Trigger) => Promise<unknown>) {
  return (trigger: Trigger, context: InvocationContext): Promise<void> =>
    runInvocation({ requestId: context.invocationId, write: writerOf(context) }, async () => {
      await run((await service()).app, trigger);
    });
}

// A mistake in the configuration stops the start, not the first request.
functionsApp.hook.appStart(async () => void (await service()));
functionsApp.hook.appTerminate(async () => (await running)?.[Symbol.asyncDispose]());
