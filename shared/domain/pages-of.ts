import type { App } from './app.ts';
import { RECORD_LIMITS, type Row } from './ports.ts';

/** All rows with `from <= row < to`, in order, as the store gives them: so many at a time. */
export async function* pagesOf(
  app: App,
  partition: string,
  { from, to }: { from?: string; to?: string } = {},
): AsyncIterable<Row[]> {
  for (let next = from; ;) {
    const range = { ...(next !== undefined && { from: next }), ...(to !== undefined && { to }) };
    const rows = await app.records.range(partition, { ...range, limit: RECORD_LIMITS.page });
    yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < RECORD_LIMITS.page) return;
    next = `${last.row}!`;
  }
}
