import { countCalls, type CountedCall } from '../round-trips/calls.ts';
import { startCountingService } from '../round-trips/counting-service.ts';
import type { Service } from '../service.ts';
import { exactly } from './measure.ts';
import type { Line } from './table.ts';

/** Requests of each API call to Azurite and to the Key Vault peer, against those that it cannot do without. */
export async function roundTripFigures(): Promise<Line[]> {
  await using counting = await startCountingService();
  const calls = await countCalls(counting);
  console.error(`not counted: ${(await routesBeside(calls, counting.service)).join(', ')}`);
  return calls.map(lineOf);
}

function lineOf({ what, counts, needed }: CountedCall): Line {
  const { records, queue, secrets, inTurn, remote } = counts;
  const calls = `records ${records}, queue ${queue}, secrets ${secrets}; ${inTurn} in turn`;
  return { what: `round trips of ${what} (${calls})`, goal: 1, unit: 'requests', found: exactly(remote, needed.length) };
}

/** The routes of the service that the story does not call. */
async function routesBeside(calls: CountedCall[], service: Service): Promise<string[]> {
  const { json } = await service.get('/api/openapi.json');
  const { paths } = json as { paths: Record<string, Record<string, { operationId: string }>> };
  const routes = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
  const counted = new Set(calls.map(({ what }) => what.split(',')[0]));
  return routes.filter((route) => !counted.has(route));
}
