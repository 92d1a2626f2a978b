import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { create, CREDENTIALS, passwordOf, patch } from '../crash/credentials.ts';
import { startVault, VAULT, VAULT_APP, VAULT_APP_SECRET, VAULT_TENANT, type VaultHosts } from '../peers/vault-hosts.ts';
import { temporaryFolder } from '../stores/temporary-folder.ts';
import { startService, TEST_POLICY, type Service } from '../service.ts';

const PROJECT = resolve(import.meta.dirname, '../..');

/** Milliseconds for some processes, one after the other. */
const LIMIT = 60_000;

describe('npm run migrate', { timeout: LIMIT }, () => {
  test('moves a project, can be stopped and resumed, and ends with a count that was compared', async () => {
    await using azure = await startVault();
    await using service = await startOn(azure);
    const ids = await createMany(service, 12);
    const [lost = '', gone = ''] = ids;
    await rename(join(service.data, 'secrets', 'active', lost), join(service.data, 'secrets', 'removed', lost));
    await service.delete(`${CREDENTIALS}/${gone}`);
    const url = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
    await service.post(CREDENTIALS, { name: 'Nodes', provider: 'ecr', method: 'node-role', url });

    const dry = await migrate(service, '--dry-run').ended;
    expect(dry).toMatchObject({ code: 0 });
    expect(dry.output).toContain('11 credentials with a secret: 0 in key-vault, 11 elsewhere. 1 without a secret. 1 deleted');
    expect(dry.output).toContain('11 would be moved');
    expect(await inVault(service)).toBe(0);

    const stopped = await stopHalfway(service, azure);
    const half = await inVault(service);
    expect(stopped).toMatchObject({ code: 130 });
    expect(stopped.output).toContain('Run the same command again');
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(10);

    const resumed = await migrate(service).ended;
    expect(resumed).toMatchObject({ code: 1 });
    expect(resumed.output).toContain(`11 credentials with a secret: ${half} in key-vault, ${11 - half} elsewhere.`);
    expect(resumed.output).toContain('Counted again: 11 credentials with a secret: 10 in key-vault, 1 elsewhere.');
    expect(resumed.output).toContain(`Not moved: ${lost} "Number 0" in local. SECRET_MISSING: `);

    await patch(service, lost, { username: 'user-of-found', password: 'found' });
    const last = await migrate(service).ended;
    expect(last).toMatchObject({ code: 0 });
    expect(last.output).toContain('Counted again: 11 credentials with a secret: 11 in key-vault, 0 elsewhere.');
    expect(await passwordOf(service, lost)).toBe('found');
    for (const [index, id] of ids.slice(2).entries()) expect(await passwordOf(service, id)).toBe(`password ${index + 2}`);
    expect(dry.output + stopped.output + resumed.output + last.output).not.toMatch(/password|found/);
  });

  test('gives up where the store is down, and says what to put right', async () => {
    await using azure = await startVault();
    await using service = await startOn(azure, { REGCRED_VAULT_URL: '' });
    await createMany(service, 1);

    const { code, output } = await migrate(service).ended;

    expect(code).toBe(1);
    expect(output).toContain('0 in key-vault, 1 elsewhere');
    expect(output).toContain('STORE_UNAVAILABLE: This service knows no vault');
    expect(output).toContain('REGCRED_VAULT_URL');
  });

  test('tells what was made in the old store meanwhile', async () => {
    await using azure = await startVault();
    await using service = await startOn(azure);
    await createMany(service, 1);
    azure.vault.mood.beforeWrite = async () => {
      delete azure.vault.mood.beforeWrite;
      await create(service, { name: 'New', host: 'new.example.com', password: 'new' });
    };

    const first = await migrate(service).ended;
    const second = await migrate(service).ended;

    expect(first).toMatchObject({ code: 1, output: expect.stringMatching(/Not moved: cred-\w+ "New" in local\. It came there/) });
    expect(second).toMatchObject({ code: 0 });
  });

  test('takes the token that it is given', async () => {
    await using service = await startService();
    const reader = await service.token({ role: 'reader' });
    await createMany(service, 1);

    const refused = await migrate(service, { REGCRED_TOKEN: 'nonsense' }).ended;
    const unfit = await migrate(service, { REGCRED_TOKEN: reader }).ended;

    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('token') });
    expect(unfit).toMatchObject({ code: 1, output: expect.stringContaining('FORBIDDEN') });
  });

  test('knows a project that there is not by the service alone', async () => {
    await using service = await startService();

    const { code, output } = await run(service, ['--project', 'none', '--to', 'local', '--url', service.url]).ended;

    expect({ code, output }).toEqual({ code: 1, output: expect.stringMatching(/^regcred: No such project\./) });
  });

  test.for<[string[], string]>([
    [[], 'Name the project and the store: npm run migrate'],
    [['--project', 'default'], 'Name the project and the store'],
    [['--project', 'default', '--to', 'cupboard'], 'There is no store "cupboard": choose local, key-vault, secrets-manager'],
    [['--project', 'default', '--to', 'local', '--force'], "Unknown option '--force'"],
    [['--project', 'default', '--to', 'local', '--url', 'http://registry.example.com'], 'https://'],
    [['--project', 'default', '--to', 'local', '--url', 'https://regcred.example.com'], 'REGCRED_TOKEN'],
  ])('%o says what is wrong', async ([args, says]) => {
    await using folder = await temporaryFolder();

    const { code, output } = await run({ data: folder.path }, args).ended;

    expect(code).toBe(1);
    expect(output).toContain(says);
    expect(output).not.toContain('    at ');
  });
});

function startOn({ hosts }: VaultHosts, environment = {}): Promise<Service> {
  return startService({
    policy: { network: { ...TEST_POLICY.network, ...hosts.network } },
    environment: {
      REGCRED_VAULT_URL: `https://${VAULT}`,
      AZURE_TENANT_ID: VAULT_TENANT,
      AZURE_CLIENT_ID: VAULT_APP,
      AZURE_CLIENT_SECRET: VAULT_APP_SECRET,
      ...environment,
    },
  });
}

async function createMany(service: Service, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1)
    ids.push(await create(service, { name: `Number ${index}`, host: 'many.example.com', password: `password ${index}` }));
  return ids;
}

async function inVault(service: Service): Promise<number> {
  const { value } = (await service.get(`${CREDENTIALS}?limit=200`)).json;
  return value.filter(({ active }: { active: { store: string } }) => active.store === 'key-vault').length;
}

/** From the third on, secrets wait for the vault until the program says that it stops. */
async function stopHalfway(service: Service, { vault }: VaultHosts): Promise<Ended> {
  const program = migrate(service);
  let writes = 0;
  vault.mood.beforeWrite = async () => {
    writes += 1;
    if (writes < 3) return;
    if (writes === 3) program.interrupt();
    await program.says('Stopping after the moves under way.');
  };
  const ended = await program.ended;
  delete vault.mood.beforeWrite;
  return ended;
}

interface Ended {
  code: number | null;
  output: string;
}

interface Program {
  /** As Ctrl-C does. */
  interrupt(): void;
  /** Resolves once it has printed a text. */
  says(text: string): Promise<void>;
  ended: Promise<Ended>;
}

function migrate(service: Service, more: string | Record<string, string> = {}): Program {
  const args = ['--project', 'default', '--to', 'key-vault', '--url', service.url];
  return typeof more === 'string' ? run(service, [...args, more]) : run(service, args, more);
}

function run({ data }: Pick<Service, 'data'>, args: string[], environment: Record<string, string> = {}): Program {
  const local = join(PROJECT, 'infra/local');
  const child = spawn(process.execPath, ['-r', join(local, 'prepare-node.cjs'), join(local, 'migrate.ts'), ...args], {
    cwd: PROJECT,
    env: { ...process.env, REGCRED_DATA: data, REGCRED_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const closed = once(child, 'close');
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void (output += chunk.toString()));
  return {
    interrupt: () => void child.kill('SIGINT'),
    async says(text) {
      while (!output.includes(text)) {
        if (child.exitCode !== null) throw new Error(`It ended without "${text}":\n${output}`);
        await Promise.race([once(child.stdout, 'data'), closed]);
      }
    },
    ended: closed.then(() => ({ code: child.exitCode, output })),
  };
}
