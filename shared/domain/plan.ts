import { createHash } from 'node:crypto';
import { after, DAY, HOUR } from '../lib/clock.ts';
import type { App } from './app.ts';
import type { Credential } from './credential.ts';
import { schedule } from './schedule.ts';
import { withLearned, type Status } from './status.ts';

/** Days before its end at which a credential is told of. */
const REMINDERS = [30, 14, 7, 1];

/** Without a check for so long, a credential has fallen out of the schedule. */
const FORGOTTEN_AFTER = DAY + 3 * HOUR;

/** Reminders are planned again when they are this near, should their row have been lost. */
const REMINDER_IS_NEAR = DAY;

/** Plans what should happen to a credential later, where a change makes a difference to it. Written before the change. */
export async function planAhead(app: App, before: Credential | undefined, credential: Credential): Promise<void> {
  if (credential.deletedAt) return;
  const isNewLogin = !before || before.deletedAt !== undefined || before.active.since !== credential.active.since;
  if (isNewLogin) await planCheck(app, credential);
  if (isNewLogin || endOf(before)?.getTime() !== endOf(credential)?.getTime()) await planReminder(app, credential);
}

/** Plans again what a crash or a poisoned message has dropped. */
export async function repairPlan(app: App, stored: Credential, status: Status): Promise<void> {
  if (stored.deletedAt) return;
  const { lastCheck } = status;
  const credential = withLearned(stored, status);
  const now = app.clock.now().getTime();
  const lastCheckAt = new Date(lastCheck?.at ?? credential.active.since).getTime();
  if (now - lastCheckAt > FORGOTTEN_AFTER) await planCheck(app, credential);
  const reminder = nextReminder(credential, now);
  if (reminder !== undefined && reminder - now < REMINDER_IS_NEAR) await planReminder(app, credential);
}

/** Plans the next check: once a day, each credential at a time of its own, so that a registry is not asked all at once. */
export async function planCheck(app: App, { project, id }: Pick<Credential, 'project' | 'id'>): Promise<void> {
  const at = nextSlot(id, app.clock.now());
  // The same slot is the same row, however often it is planned.
  await schedule(app, at, { kind: 'check', project, id, operationId: at.toISOString().slice(0, 10), data: {} });
}

/** Plans the next reminder; none if no end is known, or the last one has passed. */
export async function planReminder(app: App, credential: Credential): Promise<void> {
  const next = nextReminder(credential, app.clock.now().getTime());
  const end = endOf(credential)?.toISOString();
  if (next === undefined || end === undefined) return;
  const { project, id } = credential;
  // The same end is the same row, however often it is planned.
  await schedule(app, new Date(next), { kind: 'remind', project, id, operationId: String(next), data: { end } });
}

/** When the login ends, by the provider's or the owner's word, or should be replaced by the owner's own rule. */
export function endOf(credential: Credential | undefined): Date | undefined {
  const ends = [credential?.active.expiresAt, credential && replacementDue(credential)].filter((end) => end !== undefined);
  return ends.length > 0 ? new Date(Math.min(...ends.map((end) => new Date(end).getTime()))) : undefined;
}

/** When the owner's rule wants a new secret: its age counts from when the provider made it, else from when it came here. */
export function replacementDue({ active, rotationPolicy }: Credential): Date | undefined {
  return rotationPolicy && after(new Date(active.issuedAt ?? active.since), rotationPolicy.everyDays * DAY);
}

function nextReminder(credential: Credential, now: number): number | undefined {
  const end = endOf(credential);
  return end && REMINDERS.map((days) => end.getTime() - days * DAY).find((at) => at > now);
}

/** The credential's own time of day, at least half a day from now. */
function nextSlot(id: string, now: Date): Date {
  const offset = createHash('sha256').update(id).digest().readUInt32BE() % DAY;
  const earliest = after(now, DAY / 2).getTime();
  const slot = Math.floor(earliest / DAY) * DAY + offset;
  return new Date(slot >= earliest ? slot : slot + DAY);
}
