import { buildApps, type BuiltApps } from './built-apps.ts';
import { checkFigures } from './checks.ts';
import { handOutFigures } from './hand-out.ts';
import { requestFigures } from './requests.ts';
import { roundTripFigures } from './round-trips.ts';
import { scaleFigures } from './scale.ts';
import { startFigures } from './start.ts';
import { table, type Line } from './table.ts';

/**
 * `npm run bench`: what regcred costs, each figure against something measured beside it in the same run, because absolute
 * times say more about the machine. It judges nothing: it fails only where something does not work.
 */
const PARTS: Record<string, (apps: BuiltApps) => Promise<Line[]>> = {
  'hand-out': handOutFigures,
  start: startFigures,
  scale: scaleFigures,
  checks: checkFigures,
  requests: requestFigures,
  'round-trips': roundTripFigures,
};

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PARTS);
await using apps = await buildApps();
const lines: Line[] = [];
for (const name of wanted) {
  const part = PARTS[name];
  if (!part) throw new Error(`There is no part "${name}": choose ${Object.keys(PARTS).join(', ')}`);
  console.error(`measuring: ${name} ...`);
  lines.push(...(await part(apps)));
}
console.log(table(lines));
