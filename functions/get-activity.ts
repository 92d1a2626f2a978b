import { z } from 'zod';
import { route } from '../shared/app.ts';
import { listActivity } from '../shared/domain/activity.ts';
import { findCredential } from '../shared/domain/read-credential.ts';
import { nextLink } from '../shared/http/headers.ts';

const ActivityQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  pageToken: z.string().max(1024).optional(),
});

route({
  name: 'get-activity',
  method: 'GET',
  path: 'projects/{project}/credentials/{id}/activity',
  summary: 'Shows what happened to a credential and who got its login, the newest first.',
  role: 'reader',
  query: ActivityQuery,
  reply: { 200: { schema: 'ActivityPage' } },
  errors: [],
  run: async ({ project, caller, params, query, request }, app) => {
    const { credential } = await findCredential(app, { project, caller, id: params['id'] ?? '' });
    const page = await listActivity(app, credential, query);
    return { body: { value: page.value, ...nextLink(request, page.nextPageToken) } };
  },
});
