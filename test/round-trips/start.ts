import { main } from '../../infra/local/main.ts';
import { runLocally } from '../../infra/local/run.ts';
import { readSettings } from '../../shared/domain/settings.ts';

/** regcred as `npm start` runs it, but that it prints, for each run of a function, how often its stores were asked. */
await main(() => runLocally({ beforeLoad: provideService }));

/** Loaded late, because the host must be there before the library that binds itself to it. */
async function provideService(): Promise<void> {
  const { openService, useService } = await import('../../shared/app.ts');
  const { openPorts } = await import('../../shared/open-ports.ts');
  const { countingPorts } = await import('./counting-ports.ts');
  const open = async () => {
    const settings = readSettings(process.env);
    return openService(settings, countingPorts(await openPorts(settings)));
  };
  useService(open());
}
