import { route } from '../shared/app.ts';
import { deleteCredential } from '../shared/domain/delete-credential.ts';
import { ifMatch } from '../shared/http/headers.ts';

route({
  name: 'delete-credential',
  method: 'DELETE',
  path: 'projects/{project}/credentials/{id}',
  summary: 'Deletes a credential and its secret; both can be restored until the retention ends.',
  role: 'admin',
  requestHeaders: { 'If-Match': 'Optional: the ETag of the credential as you read it.' },
  reply: { 204: 'It is deleted.' },
  errors: ['ETAG_MISMATCH'],
  run: async ({ project, caller, params, request }, app) => {
    await deleteCredential(app, { project, caller, id: params['id'] ?? '', ifMatch: ifMatch(request) });
    return { status: 204 };
  },
});
