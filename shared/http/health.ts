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

/** Asks every part on which requests depend for something small. */
export async function health({ app, authentication }: Service, request: HttpRequest): Promise<Health> {
  const parts = await Promise.all([
    probePart('records', () => app.records.get('health', 'health')),
    probePart('queue', () => app.queue.receive('health', { max: 1, visibilitySeconds: 1 })),
    ...storesInUse(app).map((name) =>
      probePart(`secrets/${name}`, async () => (await app.secretStore(name)).get('health', 'health')),
    ),
  ]);
  const status = parts.every((part) => part.status === 'ready') ? 'ready' : 'not-ready';
  return (await mayKnow(request, authentication)) ? { status, parts } : { status };
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
