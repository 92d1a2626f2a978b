/** A Markdown table whose columns are as wide as their longest cell; the first row is the head. */
export function alignedTable(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ');
  const [head = [], ...body] = rows;
  return [line(head), widths.map((width) => '-'.repeat(width)).join(' | '), ...body.map(line)]
    .map((text) => `| ${text} |\n`)
    .join('');
}
