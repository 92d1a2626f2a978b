import { main } from '../../infra/local/main.ts';
import { runLocally } from '../../infra/local/run.ts';
import { readSettings } from '../../shared/domain/settings.ts';
import { after, SECOND, systemClock, type Clock } from '../../shared/lib/clock.ts';
import { readPlan } from './crash-plan.ts';

/**
 * regcred as `npm start` runs it, but for two things: its clock goes REGCRED_CLOCK_OFFSET seconds ahead, and it ends as
 * REGCRED_CRASH says.
 */
await main(() => {
  const offset = Number(process.env['REGCRED_CLOCK_OFFSET'] ?? 0) * SECOND;
  const clock: Clock = { now: () => after(systemClock.now(), offset) };
  return runLocally({ clock, beforeLoad: () => provideService(clock) });
});

/** Loaded late, because the host must be there before the library that binds itself to it. */
async function provideService(clock: Clock): Promise<void> {
  const { openService, useService } = await import('../../shared/app.ts');
  const { openPorts } = await import('../../shared/open-ports.ts');
  const { crashingPorts } = await import('./crashing-ports.ts');
  const plan = process.env['REGCRED_CRASH'];
  const open = async () => {
    const settings = readSettings(process.env);
    const ports = await openPorts(settings, clock);
    return openService(settings, plan ? crashingPorts(ports, readPlan(plan)) : ports);
  };
  useService(open());
}
