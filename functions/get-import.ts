import { route } from '../shared/app.ts';
import { showImport } from '../shared/domain/import-view.ts';

route({
  name: 'get-import',
  method: 'GET',
  path: 'projects/{project}/imports/{operation}',
  summary: 'Shows how far an import is, and what became of each entry.',
  description: 'For whoever began it, and for admins of the whole project. Kept as long as activity is.',
  role: 'admin',
  reply: { 200: { schema: 'Import' } },
  errors: [],
  run: async ({ project, caller, params }, app) => ({
    body: await showImport(app, { project, caller, id: params['operation'] ?? '' }),
  }),
});
