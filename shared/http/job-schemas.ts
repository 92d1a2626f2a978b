import { z } from 'zod';

/** What is exported and imported, for the documentation: see schemas.ts. */

export const ExportView = z
  .strictObject({
    schemaVersion: z.literal(1),
    credentials: z.array(
      z.looseObject({ name: z.string(), provider: z.string(), method: z.string() }).meta({
        description: 'As the body of a create request; a secret that has to be filled in is null.',
      }),
    ),
    nextLink: z.string().optional(),
  })
  .meta({ id: 'Export' });

const time = z.iso.datetime();

/** What every operation says of itself. */
const operation = {
  operation: z.string(),
  status: z.enum(['running', 'ended']),
  startedAt: time,
  endedAt: time.nullable(),
  startedBy: z.strictObject({ issuer: z.string(), subject: z.string() }),
};

export const ImportView = z
  .strictObject({
    ...operation,
    counts: z.strictObject({ total: z.int(), created: z.int(), failed: z.int(), pending: z.int() }),
    entries: z.array(
      z.strictObject({
        index: z.int(),
        pointer: z.string().meta({ description: 'Where it stands in the body that was posted.' }),
        name: z.string().optional(),
        status: z.enum(['pending', 'created', 'failed']),
        id: z.string().optional().meta({ description: 'Of the credential that was made.' }),
        code: z.string().optional().meta({ description: 'As of a create request; NOT_DONE: the import ended before it.' }),
        detail: z.string().optional(),
        hint: z.string().optional(),
        errors: z
          .array(z.strictObject({ pointer: z.string(), code: z.string(), detail: z.string(), hint: z.string().optional() }))
          .optional(),
        verdict: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'Import' });
