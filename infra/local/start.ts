import { main } from './main.ts';
import { runLocally } from './run.ts';

/** `npm start [-- dist]`: runs regcred on this machine, from the source or from the folder that was built. */
await main(() => {
  const [built] = process.argv.slice(2);
  return runLocally(built ? { built } : {});
});
