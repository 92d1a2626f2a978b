import { route } from '../shared/app.ts';
import { viewCredential } from '../shared/domain/credential-view.ts';
import { etagOf } from '../shared/domain/etag.ts';
import { findWithStatus } from '../shared/domain/read-credential.ts';

route({
  name: 'get-credential',
  method: 'GET',
  path: 'projects/{project}/credentials/{id}',
  summary: 'Shows a credential, never its secret. A deleted one has deletedAt.',
  role: 'reader',
  reply: { 200: { schema: 'Credential' } },
  errors: [],
  run: async ({ project, caller, params }, app) => {
    const { credential, status } = await findWithStatus(app, { project, caller, id: params['id'] ?? '' });
    return { headers: { etag: etagOf(credential) }, body: viewCredential(app, credential, status) };
  },
});
