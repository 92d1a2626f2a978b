import { route } from '../shared/app.ts';
import { viewCredential } from '../shared/domain/credential-view.ts';
import { restoreCredential } from '../shared/domain/delete-credential.ts';
import { etagOf } from '../shared/domain/etag.ts';
import { ifMatch } from '../shared/http/headers.ts';

route({
  name: 'restore-credential',
  method: 'POST',
  path: 'projects/{project}/credentials/{id}/restore',
  summary: 'Brings a deleted credential back, with its secret, as unverified.',
  role: 'admin',
  requestHeaders: { 'If-Match': 'Optional: the ETag of the credential as you read it.' },
  reply: { 200: { schema: 'Credential' } },
  errors: ['NAME_TAKEN', 'ETAG_MISMATCH', 'SECRET_MISSING'],
  run: async ({ project, caller, params, request }, app) => {
    const { credential, status } = await restoreCredential(app, {
      project,
      caller,
      id: params['id'] ?? '',
      ifMatch: ifMatch(request),
    });
    return { headers: { etag: etagOf(credential) }, body: viewCredential(app, credential, status) };
  },
});
