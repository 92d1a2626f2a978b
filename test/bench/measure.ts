/** How one thing compares with another, both measured in turns within one run. */
export interface Comparison {
  /** Median of the ratios of the turns. */
  ratio: number;
  /** Half of the turns lie between these. */
  low: number;
  high: number;
  /** Medians of what was measured, in its own unit. */
  ours: number;
  theirs: number;
}

export type Measure = () => Promise<number>;

/**
 * Measures both in each turn, and who is first alternates: what else the machine does meets both alike. Turns at the start
 * that only warm up are not counted.
 */
export async function compareInTurns(
  ours: Measure,
  theirs: Measure,
  { turns, warmUp = 1 }: { turns: number; warmUp?: number },
): Promise<Comparison> {
  const pairs: [number, number][] = [];
  for (let turn = -warmUp; turn < turns; turn += 1) {
    const pair = await measurePair(ours, theirs, turn % 2 === 0);
    if (turn >= 0) pairs.push(pair);
  }
  return compare(pairs);
}

/** Of pairs of what was measured: ours, then theirs. */
function compare(pairs: [number, number][]): Comparison {
  const ratios = pairs.map(([ours, theirs]) => ours / theirs);
  return {
    ratio: quantile(ratios, 0.5),
    low: quantile(ratios, 0.25),
    high: quantile(ratios, 0.75),
    ours: quantile(
      pairs.map(([ours]) => ours),
      0.5,
    ),
    theirs: quantile(
      pairs.map(([, theirs]) => theirs),
      0.5,
    ),
  };
}

/** Of counts, which do not vary. Nothing where nothing is needed is as good as it can be. */
export function exactly(ours: number, theirs: number): Comparison {
  const ratio = ours === theirs ? 1 : ours / theirs;
  return { ratio, low: ratio, high: ratio, ours, theirs };
}

async function measurePair(ours: Measure, theirs: Measure, isOursFirst: boolean): Promise<[number, number]> {
  if (isOursFirst) return [await ours(), await theirs()];
  const second = await theirs();
  return [await ours(), second];
}

function quantile(values: number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const [below = Number.NaN, above = Number.NaN] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return below + (above - below) * (at - Math.floor(at));
}
