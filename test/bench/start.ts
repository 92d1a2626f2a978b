import { startService } from '../service.ts';
import type { BuiltApps } from './built-apps.ts';
import { openClient } from './client.ts';
import { compareInTurns, type Measure } from './measure.ts';
import type { Line } from './table.ts';

const STARTS = 15;

/**
 * From the start of the process to its first answer: regcred as it is deployed, against an app of one empty function that
 * was built alike, in the same host. The data folder is there already, as at every start but the first.
 */
export async function startFigures({ regcred, empty, newFolder }: BuiltApps): Promise<Line[]> {
  const data = await newFolder();
  const baseline = firstAnswer({ root: empty, data, path: '/api/empty' });
  const lines: Line[] = [];
  for (const [what, path] of [
    ['start to first health answer', '/api/health'],
    ['start to first answer with a token', '/api/projects/default/credentials'],
  ] as const) {
    const found = await compareInTurns(firstAnswer({ root: regcred, data, path }), baseline, { turns: STARTS, warmUp: 2 });
    lines.push({ what, goal: 1.5, unit: 'ms', found });
  }
  return lines;
}

/** Milliseconds from the start of the process until a request for `path` has its 200. */
function firstAnswer({ root, data, path }: { root: string; data: string; path: string }): Measure {
  return async () => {
    const startedAt = performance.now();
    // As `npm start` does it; npm itself would only add the same to both.
    await using service = await startService({
      root,
      data,
      environment: { NODE_OPTIONS: '-r ./infra/local/prepare-node.cjs' },
    });
    const readyAt = performance.now();
    const token = await service.token();
    const signedAt = performance.now();
    using client = openClient(service.url, token);
    await client.send('GET', path);
    return performance.now() - startedAt - (signedAt - readyAt);
  };
}
