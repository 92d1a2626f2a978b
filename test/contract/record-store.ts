import { describe } from 'vitest';
import type { RecordStore } from '../../shared/domain/ports.ts';
import { describeRecordLimits } from './record-store/limits.ts';
import { describeRanges } from './record-store/ranges.ts';
import { describeRows } from './record-store/rows.ts';
import { describeTransactions } from './record-store/transactions.ts';
import './trait.ts';

/** An empty store, and the end of all that was started for it. */
export interface RecordStoreUnderTest extends AsyncDisposable {
  store: RecordStore;
  /** Closes the store and opens it on the same rows. */
  reopen(): Promise<RecordStore>;
}

export type OpenRecordStore = () => Promise<RecordStoreUnderTest>;

/** What every RecordStore does: one line in a test file runs it on a further implementation. */
export function describeRecordStore(implementation: string, open: OpenRecordStore): void {
  describe(`RecordStore on ${implementation}`, { meta: { contract: { port: 'RecordStore', implementation } } }, () => {
    describeRows(open);
    describeTransactions(open);
    describeRanges(open);
    describeRecordLimits(open);
  });
}
