import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { readSettings, storageOf } from '../../shared/domain/settings.ts';
import { systemClock, type Clock } from '../../shared/lib/clock.ts';
import { openSqliteQueue } from '../../shared/stores/queue/sqlite.ts';
import { openStorageQueue } from '../../shared/stores/queue/storage-queue.ts';
import { startHost, type Host, type HostOptions } from './host.ts';
import { openLocalIssuer } from './issuer.ts';
import { prepareLocalEnvironment, type LocalEnvironment } from './local-environment.ts';
import { lineWriter } from './line-writer.ts';
import { readLocalPolicy, withLocalIssuer } from './local-policy.ts';
import { main } from './main.ts';
import { readOrCreate } from './private-file.ts';
import { stopOnSignal } from './stop-on-signal.ts';

/** Looks at the embedded queue cost next to nothing, so a message need not wait for long. */
const IDLE_MILLISECONDS = 100;

/** Each look at a queue of a storage account is a call, which may be paid for. */
const REMOTE_IDLE_MILLISECONDS = 1000;

export interface LocalRun extends Pick<HostOptions, 'leaseSeconds' | 'idleMilliseconds'> {
  /** The folder that was built; left out, the source runs. */
  built?: string;
  /** For the queues. */
  clock?: Clock;
  /** Called when the environment is complete, before the app is loaded: a program can bring parts of its own. */
  beforeLoad?: () => Promise<void>;
}

/** Runs regcred on this machine until a signal ends it. Throws an Error whose message is meant for whoever started it. */
export async function runLocally({ built, clock = systemClock, beforeLoad, ...waits }: LocalRun): Promise<void> {
  const project = resolve(import.meta.dirname, '../..');
  const environment = await prepareLocalEnvironment();
  const { dataFolder } = environment;

  const policy = await readLocalPolicy(dataFolder, environment.policy);
  const issuer = await openLocalIssuer(dataFolder);
  process.env['REGCRED_POLICY'] = JSON.stringify(withLocalIssuer(policy, issuer.publicKey));
  const settings = readSettings(process.env);
  const isEmbedded = settings.queue === 'sqlite';
  const queue = isEmbedded
    ? await openSqliteQueue(join(dataFolder, 'queue.db'), clock)
    : await openStorageQueue(storageOf(settings));

  const host = await startHost({
    root: built ? resolve(built) : project,
    // The main of the source's package.json names what was built.
    ...(!built && { main: 'functions/*.ts' }),
    port: environment.port,
    queue,
    key: (await readOrCreate(join(dataFolder, 'host.key'), () => randomBytes(32).toString('base64url'))).trim(),
    ...(environment.cors && { cors: environment.cors }),
    log: lineWriter(),
    onListening: async (url) => {
      process.env['REGCRED_PUBLIC_URL'] ||= url;
      await beforeLoad?.();
    },
    idleMilliseconds: isEmbedded ? IDLE_MILLISECONDS : REMOTE_IDLE_MILLISECONDS,
    ...waits,
  }).catch((error: unknown) => {
    throw isPortTaken(error)
      ? new Error(`Port ${environment.port} is taken: set REGCRED_PORT to another one, or to 0 for any`)
      : error;
  });
  const stop = async () => {
    await host.stop();
    await queue.close();
  };
  stopOnSignal(() => void main(stop).then(() => process.exit(0)));
  console.log(welcome(host, environment, policy.projects[0]?.name ?? 'default'));
}

function welcome({ url }: Host, { dataFolder, policy }: LocalEnvironment, project: string): string {
  // The token program must find the same folder and the same policy.
  const data = dataFolder === resolve('.regcred') ? '' : `REGCRED_DATA='${dataFolder}' `;
  const document = policy === undefined ? '' : `REGCRED_POLICY='${policy}' `;
  const options = project === 'default' ? '' : ` -- --project ${project}`;
  return [
    `regcred runs at ${url}`,
    `Its data is in ${dataFolder}; policy.json there is meant to be edited, and read at start.`,
    'To try it, paste these two lines:',
    `  TOKEN=$(${data}${document}npm run -s token${options})`,
    `  curl -H "Authorization: Bearer $TOKEN" ${url}/api/projects/${project}/credentials`,
  ].join('\n');
}

function isPortTaken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
}
