import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { temporaryFolder } from '../stores/temporary-folder.ts';
import { azuriteProgram } from './need.ts';

/** Milliseconds that a start may take on a busy machine; usual is under a second. */
const START_LIMIT = 30_000;

const KEY = Buffer.from('the key of every account of this emulator').toString('base64');

/** More than a test file uses. */
const ACCOUNTS = Array.from({ length: 250 }, (_, n) => `account${n}`);

export interface Azurite extends AsyncDisposable {
  tablePort: number;
  queuePort: number;
  /** The connection string of an empty account. */
  newAccount(): string;
}

/** Azurite, which others wrote: Azure Storage on this machine. https://github.com/Azure/Azurite */
export async function startAzurite(): Promise<Azurite> {
  const folder = await temporaryFolder();
  const [blobPort, queuePort, tablePort] = await freePorts();
  const child = spawn(
    process.execPath,
    [
      azuriteProgram() ?? 'azurite',
      '--silent',
      '--skipApiVersionCheck',
      '--disableTelemetry',
      `--location=${folder.path}`,
      `--blobPort=${blobPort}`,
      `--queuePort=${queuePort}`,
      `--tablePort=${tablePort}`,
    ],
    { stdio: 'ignore', env: { ...process.env, AZURITE_ACCOUNTS: ACCOUNTS.map((name) => `${name}:${KEY}`).join(';') } },
  );
  const ended = once(child, 'close');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
    await folder[Symbol.asyncDispose]();
  };
  try {
    await Promise.all([answers(tablePort), answers(queuePort)]);
  } catch (error) {
    await stop();
    throw error;
  }
  const unused = ACCOUNTS.values();
  const newAccount = () => {
    const { value } = unused.next();
    if (value === undefined) throw new Error('No account of Azurite is left');
    return connectionString(value, { tablePort, queuePort });
  };
  return { tablePort, queuePort, newAccount, [Symbol.asyncDispose]: stop };
}

/** On the ports of Azurite, or of what stands in front of it. */
function connectionString(account: string, { tablePort, queuePort }: { tablePort: number; queuePort: number }): string {
  return [
    'DefaultEndpointsProtocol=http',
    `AccountName=${account}`,
    `AccountKey=${KEY}`,
    `TableEndpoint=http://127.0.0.1:${tablePort}/${account}`,
    `QueueEndpoint=http://127.0.0.1:${queuePort}/${account}`,
  ].join(';');
}

/** Azurite takes no 0: ports that the system has just given, and that are free again. */
async function freePorts(): Promise<[number, number, number]> {
  const servers = [createServer(), createServer(), createServer()] as const;
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
  const [blob, queue, table] = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) await once(server.close(), 'close');
  return [blob ?? 0, queue ?? 0, table ?? 0];
}

/** Any answer will do. */
async function answers(port: number): Promise<void> {
  const end = performance.now() + START_LIMIT;
  for (;;) {
    const asked = request({ host: '127.0.0.1', port, path: '/' }).end();
    const answered = await once(asked, 'response').then(
      () => true,
      () => false,
    );
    asked.destroy();
    if (answered) return;
    if (performance.now() > end) throw new Error('Azurite did not start in time.');
    await pause(50);
  }
}
