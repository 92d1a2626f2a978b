import { route } from '../shared/app.ts';
import { showDriftCheck } from '../shared/domain/drift-check.ts';

route({
  name: 'get-drift-check',
  method: 'GET',
  path: 'projects/{project}/drift-checks/{operation}',
  summary: 'Shows what records and secret stores do not agree on.',
  description: 'What is younger than an hour is left out: it may be of a change that is under way. Kept as long as activity is.',
  role: 'admin',
  reply: { 200: { schema: 'DriftCheck' } },
  errors: [],
  run: async ({ project, caller, params }, app) => ({
    body: await showDriftCheck(app, { project, caller, id: params['operation'] ?? '' }),
  }),
});
