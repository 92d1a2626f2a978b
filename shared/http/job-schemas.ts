import { z } from 'zod';
import { SecretStoreName } from '../domain/policy.ts';

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

export const DriftCheckView = z
  .strictObject({
    ...operation,
    report: z
      .strictObject({
        records: z.int().meta({ description: 'Credentials that point to a secret.' }),
        versions: z.int().meta({ description: 'Versions of this project in the stores that could be listed.' }),
        counts: z.record(z.string(), z.int()).meta({ description: 'Findings by code.' }),
        findings: z.array(
          z.strictObject({
            code: z.enum([
              'SECRET_MISSING',
              'VERSION_MISSING',
              'NOT_REMOVED',
              'UNUSED_VERSION',
              'ORPHAN_SECRET',
              'STORE_UNAVAILABLE',
            ]),
            store: SecretStoreName,
            name: z.string().optional(),
            version: z.string().optional(),
            credentialId: z.string().optional(),
            detail: z.string(),
            hint: z.string(),
          }),
        ),
        isCut: z.boolean().meta({ description: 'There are more findings than these; the counts tell of all.' }),
      })
      .nullable()
      .meta({ description: 'Null until it has ended, and where it could not be done within an hour.' }),
  })
  .meta({ id: 'DriftCheck' });
