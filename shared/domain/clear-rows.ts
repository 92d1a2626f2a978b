import { DAY } from '../lib/clock.ts';
import type { App } from './app.ts';
import { RECORD_LIMITS, type Row } from './ports.ts';
import { dayOf } from './rows.ts';

/** How many days are looked at again, so that a sweep that did not run is made up for. */
const DAYS_OF_ARREARS = 7;

/** The last days whose retention is over, as partitions name them. */
export function expiredDays(app: App): string[] {
  return daysUntil(app.clock.now().getTime() - (app.settings.retentionDays + 1) * DAY);
}

/** The day of a moment, in milliseconds, and those before it. */
export function daysUntil(end: number): string[] {
  return Array.from({ length: DAYS_OF_ARREARS }, (_, back) => dayOf(new Date(end - back * DAY)));
}

/** Removes all rows of a partition. */
export async function clearPartition(app: App, partition: string): Promise<void> {
  for (;;) {
    const rows = await app.records.range(partition, { limit: RECORD_LIMITS.page });
    if (rows.length === 0) return;
    await deleteRows(app, partition, rows);
  }
}

/** Removes rows, whatever they say by now. */
export async function deleteRows(app: App, partition: string, rows: Row[]): Promise<void> {
  for (let start = 0; start < rows.length; start += RECORD_LIMITS.operations) {
    await app.records.write(
      partition,
      rows.slice(start, start + RECORD_LIMITS.operations).map(({ row }) => ({ kind: 'delete', row })),
    );
  }
}
