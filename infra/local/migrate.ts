import { parseArgs } from 'node:util';
import { SecretStoreName } from '../../shared/domain/policy.ts';
import { ApiError, apiClient } from './api-client.ts';
import { openLocalIssuer } from './issuer.ts';
import { prepareLocalEnvironment } from './local-environment.ts';
import { main } from './main.ts';
import { countSecrets, moveAll, type Count, type Failure, type MigrationOptions } from './migration.ts';
import { progress } from './progress.ts';
import { stopOnSignal } from './stop-on-signal.ts';

const OPTIONS = {
  project: { type: 'string' },
  to: { type: 'string' },
  url: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
} as const;

const USAGE = 'npm run migrate -- --project P --to STORE [--url http://localhost:7071] [--dry-run]';

/** Ended by a signal, as shells tell it. */
const STOPPED = 130;

/** Moves the secrets of a project to another store: a client of the running service, which may be used meanwhile. */
await main(async () => {
  const { project, to, url: address, dryRun } = readArguments();
  const { dataFolder, port } = await prepareLocalEnvironment();
  const url = readUrl(address ?? `http://localhost:${port || 7071}`);
  const token = process.env['REGCRED_TOKEN'] || (await localToken(url, dataFolder, project));
  const stopping = new AbortController();
  stopOnSignal(() => {
    console.log('\nStopping after the moves under way.');
    stopping.abort();
  });
  const stop = stopping.signal;
  process.exitCode = await migrate({ call: apiClient({ url, token, stop }), project, to, stop }, dryRun);
});

function readArguments() {
  const { values } = parse();
  const { project, to } = values;
  if (!project || !to) throw new Error(`Name the project and the store: ${USAGE}`);
  const store = SecretStoreName.safeParse(to);
  if (!store.success) throw new Error(`There is no store "${to}": choose ${SecretStoreName.options.join(', ')}`);
  return { project, to: store.data, url: values.url, dryRun: values['dry-run'] };
}

function parse() {
  try {
    return parseArgs({ options: OPTIONS });
  } catch (error) {
    throw new Error(`${(error as Error).message.split('\n')[0]}\n${USAGE}`, { cause: error });
  }
}

/** Throws an Error for what is no address, or one at which others could read the token. */
function readUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isThisMachine(url))) return url;
  throw new Error(`--url must be an address with https://, or http:// on this machine: ${text}`);
}

function isThisMachine({ hostname }: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

async function localToken(url: URL, dataFolder: string, project: string): Promise<string> {
  if (!isThisMachine(url)) throw new Error(`REGCRED_TOKEN: must be a token that ${url.origin} takes, of an admin of the project`);
  return (await openLocalIssuer(dataFolder)).sign({ subject: 'migrate', project, role: 'admin', environment: '' });
}

/** Answers the exit code: 0 only if the last count says that all is there. */
async function migrate(options: MigrationOptions, dryRun: boolean): Promise<number> {
  const { project, to, stop } = options;
  const before = await countSecrets(options);
  console.log(`Project ${project}: ${describe(before, to)}`);
  if (dryRun) {
    console.log(`${before.elsewhere.length} would be moved. Nothing was.`);
    return 0;
  }
  const failures = await moveWithProgress(options, before);
  if (stop.aborted) {
    console.log('Stopped. Run the same command again to go on: what is there already is left alone.');
    return STOPPED;
  }
  const after = await countSecrets(options);
  console.log(`Counted again: ${describe(after, to)}`);
  for (const line of explainRest(after, failures)) console.log(line);
  return after.elsewhere.length === 0 ? 0 : 1;
}

async function moveWithProgress(options: MigrationOptions, { elsewhere }: Count): Promise<Failure[]> {
  const bar = progress(process.stdout, elsewhere.length);
  try {
    return await moveAll(options, elsewhere, bar.show);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new Error(`Given up: ${error.code}: ${error.message}\nRun the same command again once that is put right.`, {
      cause: error,
    });
  } finally {
    bar.end();
  }
}

function describe({ there, elsewhere, none, deleted }: Count, to: string): string {
  return [
    `${there.length + elsewhere.length} credentials with a secret: ${there.length} in ${to}, ${elsewhere.length} elsewhere.`,
    ...(none > 0 ? [`${none} without a secret.`] : []),
    ...(deleted > 0 ? [`${deleted} deleted: those secrets stay where they are until their retention ends.`] : []),
  ].join(' ');
}

/** A line for each that is not there, with the reason. */
function explainRest({ elsewhere }: Count, failures: Failure[]): string[] {
  const reasons = new Map(failures.map(({ credential, error }) => [credential.id, `${error.code}: ${error.message}`]));
  return elsewhere.map(({ id, name, active }) => {
    const reason = reasons.get(id) ?? 'It came there meanwhile: new ones go where the policy says. Run the same command again.';
    return `Not moved: ${id} "${name}" in ${active.store}. ${reason}`;
  });
}
