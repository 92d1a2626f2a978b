import { route } from '../shared/app.ts';
import { viewProject } from '../shared/domain/project-view.ts';

route({
  name: 'get-project',
  method: 'GET',
  path: 'projects/{project}',
  summary: 'Shows what the policy declares for a project, and how clouds know it.',
  description:
    '`aws.externalId` is what the trust policy of a role must ask for (`sts:ExternalId`) before a credential assumes it; `aws.roleArn` is the principal to trust, where this service has a role of its own.',
  role: 'reader',
  reply: { 200: { schema: 'Project' } },
  errors: [],
  run: async ({ project }, app) => ({ body: await viewProject(app, project) }),
});
