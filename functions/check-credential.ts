import { route } from '../shared/app.ts';
import { checkCredential, CheckRequest } from '../shared/domain/check-credential.ts';

route({
  name: 'check-credential',
  method: 'POST',
  path: 'projects/{project}/credentials/{id}/check',
  summary: 'Checks a stored credential, and what it may do in the repositories that are named.',
  description: 'Answers 200 with the verdict. A clear answer moves the standing; a registry that is down leaves it as it was.',
  role: 'operator',
  body: CheckRequest.prefault({}),
  reply: { 200: { schema: 'StoredCheck' } },
  errors: ['ADDRESS_BLOCKED', 'PLAIN_HTTP_NOT_ALLOWED', 'SECRET_MISSING', 'SECRET_UNUSABLE'],
  run: async ({ project, caller, params, body }, app) => ({
    body: await checkCredential(app, { project, caller, id: params['id'] ?? '' }, body),
  }),
});
