import { resolve } from 'node:path';
import { makeFolderDurably } from '../../shared/stores/durable-file.ts';
import { readLocalSettings, type LocalSettings } from './local-settings.ts';

export interface LocalEnvironment {
  /** Absolute. */
  dataFolder: string;
  port: number;
  /** What the operator gave as REGCRED_POLICY. */
  policy: string | undefined;
  cors: LocalSettings['cors'];
}

const DEFAULTS = {
  REGCRED_PORT: '7071',
  REGCRED_DATA: '.regcred',
  REGCRED_RECORDS: 'sqlite',
  REGCRED_QUEUE: 'sqlite',
  REGCRED_SECRETS: 'local',
};

/**
 * Completes `process.env` for a run on this machine, with local.settings.json and then with defaults, and makes the data
 * folder. What is set in the environment stays. Throws an Error whose message is meant for whoever started the program.
 */
export async function prepareLocalEnvironment(): Promise<LocalEnvironment> {
  const { values, cors } = await readLocalSettings(resolve('local.settings.json'));
  for (const [name, value] of Object.entries({ ...DEFAULTS, ...values })) process.env[name] ||= value;
  const { REGCRED_DATA = '', REGCRED_PORT = '', REGCRED_POLICY } = process.env;
  const dataFolder = resolve(REGCRED_DATA);
  process.env['REGCRED_DATA'] = dataFolder;
  await makeFolderDurably(dataFolder).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`The data folder ${dataFolder} cannot be made (${error.code})`, { cause: error });
  });
  return { dataFolder, port: parsePort(REGCRED_PORT), policy: REGCRED_POLICY || undefined, cors };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error('REGCRED_PORT must be a number from 0 to 65535');
}
