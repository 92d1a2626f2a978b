import { route } from '../shared/app.ts';
import { startDriftCheck } from '../shared/domain/drift-check.ts';

route({
  name: 'start-drift-check',
  method: 'POST',
  path: 'projects/{project}/drift-checks',
  summary: 'Compares the credentials of a project with what its secret stores list.',
  description: 'Reports only: nothing is changed, and no secret is read. At most one an hour; for admins of the whole project.',
  role: 'admin',
  reply: { 202: { schema: 'DriftCheck' } },
  errors: ['CHECK_LIMIT'],
  run: async ({ project, caller }, app) => {
    const view = await startDriftCheck(app, { project, caller });
    return { status: 202, headers: { location: `/api/projects/${project}/drift-checks/${view.operation}` }, body: view };
  },
});
