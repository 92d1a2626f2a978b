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
