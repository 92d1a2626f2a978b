import type { HttpRequest } from '@azure/functions';
import { log } from '../lib/log.ts';
import type { App } from '../domain/app.ts';
import { authenticate } from './authenticate.ts';
import type { Service } from './route.ts';

/** How long a part has to answer, in milliseconds. */
const LIMIT = 5_000;

interface Part {
  part: string;
  status: 'ready' | 'not-ready';
  detail?: string;
}

export interface Health {
  status: 'ready' | 'not-ready';
  /** Only for a token with the role admin. */
  parts?: Part[];
}

/** How long one look serves everybody, in milliseconds: anybody may ask, and each look is a call of every store. */
const FRESH = 5_000;

const looks = new WeakMap<App, { at: number; parts: Promise<Part[]> }>();

/** Whether every part on which requests depend answers. Throws UNAUTHENTICATED for a token that is not good. */
export async function health({ app, authentication }: Service, request: HttpRequest): Promise<Health> {
  const isAdmin = await mayKnow(request, authentication);
  const parts = await look(app);
  const status = parts.every((part) => part.status === 'ready') ? 'ready' : 'not-ready';
  return isAdmin ? { status, parts } : { status };
}

function look(app: App): Promise<Part[]> {
  const now = app.clock.now().getTime();
  const last = looks.get(app);
  if (last && now - last.at < FRESH) return last.parts;
  const parts = probeParts(app);
  looks.set(app, { at: now, parts });
  return parts;
}

/** A secret that is never there, in the form of those that are: whoever may read secrets only by their prefix may ask for it. */
const NO_SECRET = { name: `cred-${'0'.repeat(26)}`, version: '0'.repeat(32) };

/** Asks each part for something small. */
function probeParts(app: App): Promise<Part[]> {
  return Promise.all([
    probePart('records', () => app.records.get('health', 'health')),
    probePart('queue', () => app.queue.receive('health', { max: 1, visibilitySeconds: 1 })),
    ...storesInUse(app).map((name) =>
      probePart(`secrets/${name}`, async () => (await app.secretStore(name)).get(NO_SECRET.name, NO_SECRET.version)),
    ),
  ]);
}

function storesInUse({ settings }: App) {
  return [...new Set(settings.policy.projects.map(({ secretStore }) => secretStore ?? settings.secrets))];
}

async function probePart(part: string, probe: () => Promise<unknown>): Promise<Part> {
  try {
    await Promise.race([probe(), timeout()]);
    return { part, status: 'ready' };
  } catch (error) {
    log('error', 'health.not-ready', { part, error });
    return { part, status: 'not-ready', detail: error instanceof Error ? error.message : 'failed' };
  }
}

function timeout(): Promise<never> {
  return new Promise((_resolve, reject) => setTimeout(() => reject(new Error(`no answer within ${LIMIT} ms`)), LIMIT).unref());
}

async function mayKnow(request: HttpRequest, authentication: Service['authentication']): Promise<boolean> {
  if (!request.headers.has('authorization')) return false;
  const caller = await authenticate(request, authentication);
  return caller.rules.some(({ roles }) => roles.includes('admin'));
}
