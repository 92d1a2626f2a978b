import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openService } from '../../shared/app.ts';
import { openPorts, type Ports } from '../../shared/open-ports.ts';
import { REGCRED, type Caller } from '../../shared/domain/caller.ts';
import type { App } from '../../shared/domain/app.ts';
import { createCredential, type Outcome } from '../../shared/domain/create-credential.ts';
import type { Role, Rule } from '../../shared/domain/policy.ts';
import { readSettings } from '../../shared/domain/settings.ts';
import { work } from '../../shared/domain/work.ts';
import type { Authentication } from '../../shared/http/authenticate.ts';
import { after } from '../../shared/lib/clock.ts';
import { TEST_POLICY } from '../service.ts';

export interface OpenApp extends AsyncDisposable {
  app: App;
  authentication: Authentication;
  /** Moves the clock. */
  pass: (milliseconds: number) => void;
  /** Works off everything that waits in the queue, as the function `work` does; with another app if it is another one's turn. */
  workOff: (app?: App) => Promise<void>;
}

/** The app in this process, on its real stores in a folder of its own, with a clock that only the test moves. */
export async function openApp(
  wrap: (ports: Ports) => Partial<Ports> = () => ({}),
  policy: Record<string, unknown> = {},
): Promise<OpenApp> {
  const folder = await mkdtemp(join(tmpdir(), 'regcred-app-'));
  const settings = readSettings({ REGCRED_DATA: folder, REGCRED_POLICY: JSON.stringify({ ...TEST_POLICY, ...policy }) });
  const ports = await openPorts(settings);
  let now = new Date();
  const service = openService(settings, { ...ports, clock: { now: () => now }, ...wrap(ports) });
  return {
    app: service.app,
    authentication: service.authentication,
    pass: (milliseconds) => void (now = after(now, milliseconds)),
    async workOff(app = service.app) {
      for (;;) {
        const messages = await ports.queue.receive('work', { max: 32, visibilitySeconds: 60 });
        if (messages.length === 0) return;
        for (const message of messages) {
          await work(app, message.body);
          await ports.queue.remove('work', message);
        }
      }
    },
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Somebody with a role in project `default`, by one rule. */
export function callerWith(role: Role, more: Partial<Rule> = {}): Caller {
  return {
    issuer: 'https://issuer.example.com',
    subject: 'robot',
    rules: [{ issuer: REGCRED.issuer, match: { sub: 'robot' }, project: 'default', roles: [role], ...more }],
  };
}

export const ADMIN = callerWith('admin');

export function createIn(app: App, fields: object = {}, idempotencyKey?: string): Promise<Outcome> {
  const body = { name: 'CI', url: 'registry.example.com', username: 'ci', password: 'right-password', ...fields };
  return createCredential(
    app,
    { project: 'default', caller: ADMIN, check: 'skip', ...(idempotencyKey && { idempotencyKey }) },
    body,
  );
}
