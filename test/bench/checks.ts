import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { needs } from '../peers/need.ts';
import { startRealRegistry } from '../peers/real-registry.ts';
import { startRegistry, type RegistryOptions } from '../peers/registry.ts';
import { startService } from '../service.ts';
import type { BuiltApps } from './built-apps.ts';
import { openClient, type Client } from './client.ts';
import { compareInTurns, exactly } from './measure.ts';
import type { Line } from './table.ts';

const TURNS = 40;

/** A service runs for days; its first checks are those that compile. */
const WARM_UP = 30;

const LOGIN = { username: 'ci', password: 'right-password' };

const run = promisify(execFile);

/**
 * Requests of a check against the least that the protocol needs to prove a login: ask as anybody, then log in; with tokens
 * also a token as anybody, to see that it is not given or opens nothing, and one of our own.
 */
const KINDS: { what: string; options: Partial<RegistryOptions>; least: number }[] = [
  { what: 'requests of a check, basic', options: {}, least: 2 },
  { what: 'requests of a check, tokens', options: { auth: 'bearer' }, least: 4 },
  {
    what: 'requests of a check, tokens for anybody',
    options: { auth: 'bearer', anonymousPull: true, anonymousEntry: true },
    least: 5,
  },
];

export async function checkFigures({ regcred }: BuiltApps): Promise<Line[]> {
  await using service = await startService({ root: regcred });
  using client = openClient(service.url, await service.token());
  const lines: Line[] = [];
  for (const { what, options, least } of KINDS) {
    await using registry = await startRegistry({ users: { [LOGIN.username]: LOGIN.password }, ...options });
    await check(client, registry.url);
    lines.push({ what, goal: 1, unit: 'requests', found: exactly(registry.requests.length, least) });
  }
  if (!needs('registry', 'skopeo').skip) lines.push(await againstSkopeo(client));
  return lines;
}

async function againstSkopeo(client: Client): Promise<Line> {
  await using registry = await startRealRegistry({ auth: { users: { [LOGIN.username]: LOGIN.password } } });
  const folder = await mkdtemp(join(tmpdir(), 'regcred-bench-'));
  const authFile = join(folder, 'auth.json');
  const login = [
    'login',
    '--tls-verify=false',
    '--authfile',
    authFile,
    '-u',
    LOGIN.username,
    '-p',
    LOGIN.password,
    registry.host,
  ];
  try {
    const found = await compareInTurns(
      () => timed(() => check(client, registry.url)),
      () => timed(() => run('skopeo', login)),
      { turns: TURNS, warmUp: WARM_UP },
    );
    return { what: 'a check against skopeo login', goal: 0.3, unit: 'ms', found };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function check(client: Client, url: string): Promise<void> {
  const answer = await client.send('POST', '/api/projects/default/checks', JSON.stringify({ url, ...LOGIN }));
  const { verdict } = JSON.parse(answer) as { verdict: string };
  if (verdict !== 'valid' && verdict !== 'indeterminate') throw new Error(`The check failed: ${answer}`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
