import { main } from '../../infra/local/main.ts';
import { runLocally } from '../../infra/local/run.ts';
import { readSettings } from '../../shared/domain/settings.ts';
import { after, SECOND, systemClock, type Clock } from '../../shared/lib/clock.ts';
import { readControl } from './crash-plan.ts';

/**
 * regcred as `npm start` runs it, but for three things: its clock is ahead and the process ends as the data folder's
 * crash.json says, and a message that a process has died with comes back soon.
 */
await main(() => {
  const data = process.env['REGCRED_DATA'] ?? '';
  const clock: Clock = { now: () => after(systemClock.now(), readControl(data).offsetSeconds * SECOND) };
  return runLocally({ clock, leaseSeconds: 1, idleMilliseconds: 100, beforeLoad: () => provideService(data, clock) });
});

/** Loaded late, because the host must be there before the library that binds itself to it. */
async function provideService(data: string, clock: Clock): Promise<void> {
  const { openService, useService } = await import('../../shared/app.ts');
  const { openPorts } = await import('../../shared/open-ports.ts');
  const { countCalls } = await import('./call-counter.ts');
  const { watchEmbedded } = await import('./embedded-calls.ts');
  const { watchRemote } = await import('./remote-calls.ts');
  const begin = countCalls(() => readControl(data));
  watchRemote(begin);
  const open = async () => {
    const settings = readSettings(process.env);
    return openService(settings, watchEmbedded(await openPorts(settings, clock), settings, begin));
  };
  useService(open());
}
