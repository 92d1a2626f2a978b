import { z } from 'zod';
import { route } from '../shared/app.ts';
import { startImport } from '../shared/domain/start-import.ts';
import { importSchema } from '../shared/http/import-schema.ts';
import { ImportOptions } from '../shared/http/import-options.ts';

route({
  name: 'import-credentials',
  method: 'POST',
  path: 'projects/{project}/imports',
  summary: 'Imports an export whose secrets were filled in, or a docker config as it is.',
  description:
    'Each entry is judged, checked and stored as by a create request of the caller; one that fails is a line of the report, and the others go on. ' +
    'Names are unique, so that an import which is sent again makes nothing twice.',
  role: 'admin',
  query: ImportOptions,
  body: z.unknown(),
  bodySchema: importSchema,
  bodyLimitBytes: 1024 * 1024,
  reply: { 202: { schema: 'Import' } },
  errors: ['CHECK_LIMIT'],
  run: async ({ project, caller, query, body }, app) => {
    const view = await startImport(app, { project, caller }, query, body);
    return { status: 202, headers: { location: `/api/projects/${project}/imports/${view.operation}` }, body: view };
  },
});
