import type { Comparison } from './measure.ts';

export interface Line {
  what: string;
  goal: number;
  unit: 'ms' | 'MB' | 'requests';
  found: Comparison;
}

/** The figures, one line each: the ratio, where half of its turns lie, the goal, and the two medians that were compared. */
export function table(lines: Line[]): string {
  const rows = [
    ['', 'ratio', 'middle half', 'goal', 'medians compared'],
    ...lines.map(({ what, goal, unit, found: { ratio, low, high, ours, theirs } }) => [
      what,
      ratio.toFixed(2),
      `${low.toFixed(2)} - ${high.toFixed(2)}`,
      `<= ${goal.toFixed(1)}`,
      `${shown(ours)} ${unit} / ${shown(theirs)} ${unit}`,
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
