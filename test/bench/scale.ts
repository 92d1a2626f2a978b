import { startService, type StartOptions } from '../service.ts';
import type { BuiltApps } from './built-apps.ts';
import { openClient, type Client } from './client.ts';
import { storeCredentials } from './many-credentials.ts';
import { compareInTurns, type Comparison, type Measure } from './measure.ts';
import type { Line } from './table.ts';

const MANY = 100_000;
const FEW = 1000;
const PAGES_TO_WALK = 300;
const PAGES_PER_TURN = 20;
const PAGE = '/api/projects/default/credentials?limit=50';

/** What a hundred times as many credentials cost: memory, the first page of a list without filters, and a tick. */
export async function scaleFigures({ bench, newFolder }: BuiltApps): Promise<Line[]> {
  const many = { root: bench, data: await newFolder() };
  const few = { root: bench, data: await newFolder() };
  await storeCredentials(many.data, MANY);
  await storeCredentials(few.data, FEW);
  const memory = await compareInTurns(memoryAfterUse(many), memoryAfterUse(few), { turns: 3, warmUp: 0 });
  const { pages, ticks } = await compareTimes(many, few);
  return [
    { what: `memory, ${MANY} credentials to ${FEW}`, goal: 1.3, unit: 'MB', found: memory },
    { what: `a page of 50, ${MANY} credentials to ${FEW}`, goal: 1.3, unit: 'ms', found: pages },
    { what: `a tick with 100 due, ${MANY} credentials to ${FEW}`, goal: 1.2, unit: 'ms', found: ticks },
  ];
}

/** Megabytes that stay in use after a walk through pages, from a fresh start. */
function memoryAfterUse(options: StartOptions): Measure {
  return async () => {
    await using service = await startService({ ...options, environment: { NODE_OPTIONS: '--expose-gc' } });
    using client = openClient(service.url, await service.token());
    await walk(client, PAGES_TO_WALK);
    const { rss } = JSON.parse(await client.send('GET', '/api/bench/memory')) as { rss: number };
    return rss / 2 ** 20;
  };
}

/** Reads so many pages, from the first one again behind the last. */
async function walk(client: Client, pages: number): Promise<void> {
  let next = PAGE;
  for (let read = 0; read < pages; read += 1) {
    const { nextLink } = JSON.parse(await client.send('GET', next)) as { nextLink?: string };
    next = nextLink ?? PAGE;
  }
}

async function compareTimes(many: StartOptions, few: StartOptions): Promise<{ pages: Comparison; ticks: Comparison }> {
  await using withMany = await startService(many);
  await using withFew = await startService(few);
  using toMany = openClient(withMany.url, await withMany.token());
  using toFew = openClient(withFew.url, await withFew.token());
  return {
    pages: await compareInTurns(perPage(toMany), perPage(toFew), { turns: 25, warmUp: 5 }),
    ticks: await compareInTurns(perTick(toMany), perTick(toFew), { turns: 25, warmUp: 5 }),
  };
}

/** Milliseconds for the first page. */
function perPage(client: Client): Measure {
  return async () => {
    const startedAt = performance.now();
    for (let read = 0; read < PAGES_PER_TURN; read += 1) await client.send('GET', PAGE);
    return (performance.now() - startedAt) / PAGES_PER_TURN;
  };
}

/** Milliseconds of a tick, as the service itself measures it. */
function perTick(client: Client): Measure {
  return async () => {
    const { milliseconds } = JSON.parse(await client.send('POST', '/api/bench/tick')) as { milliseconds: number };
    return milliseconds;
  };
}
