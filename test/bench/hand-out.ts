import { startService } from '../service.ts';
import type { BuiltApps } from './built-apps.ts';
import { openClient, type Client } from './client.ts';
import { compareInTurns, type Measure } from './measure.ts';
import type { Line } from './table.ts';

const REQUESTS_PER_TURN = 40;
const TURNS = 100;
const CREDENTIALS = '/api/projects/default/credentials';

/**
 * A hand-out whose material is in memory, against a function in the same host that does nothing but what any hand-out must:
 * the same authentication, one read of the record, one durable append.
 */
export async function handOutFigures({ bench }: BuiltApps): Promise<Line[]> {
  await using service = await startService({ root: bench });
  const made = await service.post(`${CREDENTIALS}?check=skip`, {
    name: 'bench',
    url: 'registry.example.com',
    username: 'bench',
    password: 'a-password-of-some-length',
  });
  if (made.status !== 201) throw new Error(`The credential was not stored: ${made.text}`);
  using client = openClient(service.url, await service.token());

  const { id } = made.json;
  const lines: Line[] = [];
  for (const width of [1, 8]) {
    const found = await compareInTurns(
      perRequest(client, width, `${CREDENTIALS}/${id}/login`),
      perRequest(client, width, `/api/bench/default/${id}/hand-out`),
      { turns: TURNS, warmUp: 5 },
    );
    lines.push({
      what: `cached hand-out, ${width === 1 ? 'one at a time' : `${width} at a time`}`,
      goal: 1.3,
      unit: 'ms',
      found,
    });
  }
  return lines;
}

/** Milliseconds per request of one turn, with so many requests under way at any time. */
function perRequest(client: Client, width: number, path: string): Measure {
  return async () => {
    let left = REQUESTS_PER_TURN;
    const one = async () => {
      while (left-- > 0) await client.send('POST', path, '{}');
    };
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: width }, one));
    return (performance.now() - startedAt) / REQUESTS_PER_TURN;
  };
}
