import { z } from 'zod';
import { Parcel } from './import-parcels.ts';

/** What an import keeps in its job. */
export const ImportData = z.object({
  check: z.enum(['live', 'skip']),
  source: z.enum(['export', 'docker-config']),
  total: z.int(),
  /** The first entry that no turn has passed. */
  next: z.int(),
  /** Those that are still in their store. */
  parcels: z.array(Parcel),
  /** Logins that were refused, by account: see `accountOf`. */
  refused: z.record(z.string(), z.int()),
});
export type ImportData = z.output<typeof ImportData>;
